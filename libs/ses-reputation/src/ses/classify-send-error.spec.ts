import { describe, expect, it } from '@jest/globals';
import { classifySendError } from './classify-send-error.js';

function answered(name: string, status: number, message = ''): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

function network(fields: object, message = ''): Error {
  return Object.assign(new Error(message), fields);
}

describe('classifySendError', () => {
  it.each([
    ['TooManyRequestsException', 429, 'Maximum sending rate exceeded.', 'rate'],
    ['ThrottlingException', 400, 'Maximum sending rate exceeded', 'rate'],
    ['Throttling', 400, 'Rate exceeded', 'rate'],
    ['LimitExceededException', 400, 'Maximum sending rate exceeded.', 'rate'],
    ['Unknown', 429, '', 'rate'],
    ['TooManyRequestsException', 429, 'Daily message quota exceeded.', 'quota'],
    ['ThrottlingException', 400, 'Daily message quota exceeded', 'quota'],
    ['LimitExceededException', 400, '', 'quota'],
    ['AccountSuspendedException', 400, '', 'disabled'],
    ['SendingPausedException', 400, '', 'disabled'],
    ['MessageRejected', 400, '', 'rejected'],
    ['MailFromDomainNotVerifiedException', 400, '', 'rejected'],
    ['NotFoundException', 404, '', 'rejected'],
    ['AccessDeniedException', 403, '', 'rejected'],
    ['SignatureDoesNotMatch', 403, '', 'clock'],
    ['InternalServerError', 500, '', 'unavailable'],
    ['ServiceUnavailable', 503, '', 'unavailable'],
    ['GatewayTimeout', 504, '', 'unknown'],
    ['SyntaxError', 200, 'Unexpected end of JSON input', 'unknown'],
  ])('%s with status %d and "%s" is %s', (name, status, message, kind) => {
    expect(classifySendError(answered(name, status, message), true)).toBe(kind);
  });

  it.each([
    [{ code: 'ECONNREFUSED' }, ''],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }, ''],
    [{ code: 'EAI_AGAIN' }, ''],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, ''],
    [
      { name: 'TimeoutError' },
      'the request socket did not establish a connection with the server within 5 ms',
    ],
    [{ errors: [{ code: 'ECONNREFUSED' }, { code: 'ENETUNREACH', syscall: 'connect' }] }, ''],
  ])('no connection was made: %j is safe to repeat', (fields, message) => {
    expect(classifySendError(network(fields, message), true)).toBe('unavailable');
  });

  it.each([
    [{ code: 'ECONNRESET' }, 'socket hang up'],
    [{ code: 'EPIPE', syscall: 'write' }, ''],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, ''],
    [{ name: 'TimeoutError' }, 'the request socket timed out after 60000 ms of inactivity'],
    [{ name: 'AbortError' }, 'Request aborted'],
    [{ errors: [{ code: 'ECONNREFUSED' }, { code: 'ECONNRESET' }] }, ''],
  ])('the request may have arrived: %j is unknown', (fields, message) => {
    expect(classifySendError(network(fields, message), true)).toBe('unknown');
  });

  it('knows that nothing was sent when the request never left, as without credentials', () => {
    expect(classifySendError(network({ name: 'CredentialsProviderError' }), false)).toBe('rejected');
  });

  it.each([null, undefined, 'text'])('takes %p, thrown after the request left, for unknown', (error) => {
    expect(classifySendError(error, true)).toBe('unknown');
  });
});
