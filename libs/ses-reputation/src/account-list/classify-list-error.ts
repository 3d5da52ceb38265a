/**
 * What an error of SES's API means for a sync.
 *
 * - `denied`: IAM forbids this call
 * - `bad-token`: the list has to be read from its beginning
 * - `not-found`: it is not on the list
 * - `refused`: this request will never be taken as it is
 * - `throttled`: too many calls; later it may be taken
 * - `unavailable`: all else, such as no connection, no credentials, or an answer that SES failed
 */
export type ListErrorKind = 'denied' | 'bad-token' | 'not-found' | 'refused' | 'throttled' | 'unavailable';

const KINDS = new Map<string, ListErrorKind>([
  ['AccessDenied', 'denied'],
  ['AccessDeniedException', 'denied'],
  ['InvalidNextToken', 'bad-token'],
  ['InvalidNextTokenException', 'bad-token'],
  ['NotFoundException', 'not-found'],
  ['BadRequestException', 'refused'],
  ['InvalidParameterValue', 'refused'],
  ['ValidationException', 'refused'],
  ['LimitExceededException', 'throttled'],
  ['Throttling', 'throttled'],
  ['ThrottlingException', 'throttled'],
  ['TooManyRequestsException', 'throttled'],
]);

export function classifyListError(error: unknown): ListErrorKind {
  const { name = '', $metadata } = (error ?? {}) as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return KINDS.get(name) ?? ($metadata?.httpStatusCode === 429 ? 'throttled' : 'unavailable');
}
