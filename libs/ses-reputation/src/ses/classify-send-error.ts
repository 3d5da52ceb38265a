/**
 * What an error of `SendEmail` means for the mail.
 *
 * - `rate`: too many a second; nothing was sent, and soon it may be
 * - `quota`: the 24-hour quota is used up; nothing was sent
 * - `unavailable`: SES could not be reached, or answered that it failed; nothing was sent
 * - `clock`: the signature was refused, perhaps for the clock, which the SDK has corrected by now
 * - `disabled`: the account (or configuration set) may not send at present
 * - `rejected`: this request will never be taken as it is
 * - `unknown`: the request may have arrived, and no answer tells
 */
export type SendErrorKind = 'rate' | 'quota' | 'unavailable' | 'clock' | 'disabled' | 'rejected' | 'unknown';

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  syscall?: string;
  errors?: unknown[];
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
}

const CLOCK_ERRORS = new Set([
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);
const THROTTLING = new Set(['TooManyRequestsException', 'ThrottlingException', 'Throttling']);
const DISABLED = new Set(['AccountSuspendedException', 'SendingPausedException']);

/**
 * @param handedOver whether the request reached the HTTP layer at all
 */
export function classifySendError(error: unknown, handedOver: boolean): SendErrorKind {
  const { name = '', message = '', $metadata, $response } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode ?? $response?.statusCode;
  if (status === undefined) {
    if (neverConnected(error)) return 'unavailable';
    return handedOver ? 'unknown' : 'rejected';
  }
  // A 200 whose body was cut off: taken, and its message id lost. A 504 is a proxy's, not SES's own word.
  if (status < 400 || status === 504) return 'unknown';
  // SES tells the day's quota and the rate apart by the text alone; the error's name differs by its age.
  if (/daily (message )?quota exceeded/i.test(message)) return 'quota';
  if (THROTTLING.has(name) || /sending rate exceeded/i.test(message) || status === 429) return 'rate';
  if (name === 'LimitExceededException') return 'quota';
  if (DISABLED.has(name)) return 'disabled';
  if (CLOCK_ERRORS.has(name)) return 'clock';
  return status >= 500 ? 'unavailable' : 'rejected';
}

/** No connection was there that could have carried the request. */
function neverConnected(error: unknown): boolean {
  const { message = '', code = '', syscall, errors } = (error ?? {}) as SdkError;
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverConnected);
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return true;
  // The SDK's connection time-out and a failed TLS handshake have no code of their own.
  return /did not establish a connection|before secure TLS connection was established/.test(message);
}
