import { MessageInvalidError } from '../errors.js';
import type { MailMessage } from '../message.js';
import { refuseUnknownKeys } from '../read-content.js';
import type { SendReceipt } from '../send-receipt.js';

/** A message of `sendMany` that could not be sent, and why: what `send` would have thrown. */
export interface FailedReceipt {
  status: 'failed';
  messageId: null;
  accepted: [];
  suppressed: [];
  error: Error;
}

/** What became of one message of `sendMany`. */
export type SendManyReceipt = SendReceipt | FailedReceipt;

/** Receipts given so far, by their status. */
export interface SendManyProgress {
  done: number;
  sent: number;
  partial: number;
  suppressed: number;
  paused: number;
  failed: number;
}

export interface SendManyOptions {
  /** How many messages may be at SES at once. A whole number from 1; default 100. */
  concurrency?: number;
  /** Stops the sending: see `MailerService.sendMany`. */
  signal?: AbortSignal;
  /** Called at most four times a second, before a receipt is given, and once at the end. */
  onProgress?: (progress: SendManyProgress) => void;
}

export type MessageSource = Iterable<MailMessage> | AsyncIterable<MailMessage>;

export type ReadSendManyOptions = Required<Pick<SendManyOptions, 'concurrency'>> & SendManyOptions;

/** Two bulk calls, or as many messages by themselves. */
const CONCURRENCY = 100;

/** @throws MessageInvalidError that names what is wrong */
export function readSendMany(messages: unknown, options: SendManyOptions): ReadSendManyOptions {
  const source = (messages ?? {}) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  if (
    typeof messages !== 'object' ||
    (typeof source[Symbol.asyncIterator] !== 'function' && typeof source[Symbol.iterator] !== 'function')
  ) {
    throw new MessageInvalidError(
      'messages',
      'expected a list, an iterable or an async iterable of messages',
    );
  }
  if (typeof options !== 'object' || options === null) {
    throw new MessageInvalidError('options', 'expected an object such as { concurrency: 50 }');
  }
  refuseUnknownKeys('options', options, ['concurrency', 'signal', 'onProgress']);
  const { concurrency = CONCURRENCY, signal, onProgress } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new MessageInvalidError('options.concurrency', 'expected a whole number from 1');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new MessageInvalidError('options.signal', 'expected an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new MessageInvalidError('options.onProgress', 'expected a function');
  }
  return { ...options, concurrency };
}
