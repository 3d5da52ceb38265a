import { describe, expect, it } from '@jest/globals';
import { classifyListError } from './classify-list-error.js';

describe('classifyListError', () => {
  it.each([
    ['AccessDeniedException', 403, 'denied'],
    ['InvalidNextTokenException', 400, 'bad-token'],
    ['NotFoundException', 404, 'not-found'],
    ['BadRequestException', 400, 'refused'],
    ['TooManyRequestsException', 429, 'throttled'],
    ['ThrottlingException', 400, 'throttled'],
    ['Unknown', 429, 'throttled'],
    ['ExpiredTokenException', 403, 'unavailable'],
    ['SignatureDoesNotMatch', 403, 'unavailable'],
    ['InternalServerError', 500, 'unavailable'],
    ['ECONNREFUSED', undefined, 'unavailable'],
  ])('%s with status %s is %s', (name, httpStatusCode, kind) => {
    expect(classifyListError(Object.assign(new Error(), { name, $metadata: { httpStatusCode } }))).toBe(kind);
  });

  it.each([null, undefined, 'text'])('takes %p for an outage', (error) => {
    expect(classifyListError(error)).toBe('unavailable');
  });
});
