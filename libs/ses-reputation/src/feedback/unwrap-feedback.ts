import { InvalidFeedbackError } from './invalid-feedback.error.js';
import { eventOfEventBridge } from './ses-event/event-bridge.js';
import { objectOf, type Json } from './ses-event/json.js';

/** Not JSON: what SES publishes to try out a new event destination. */
const TEST_MESSAGE = /^\s*Successfully validated SNS topic/i;

/** Deepest nesting that makes sense: a queue's record, an envelope, an EventBridge event. */
const MOST_WRAPPERS = 4;

/**
 * The texts of the SES events in whatever brought them: an SNS envelope, a raw event, an EventBridge event,
 * the records of a Lambda function. Empty for an envelope without news, such as a SubscriptionConfirmation.
 *
 * @throws InvalidFeedbackError if it is none of these
 */
export function unwrapFeedback(body: unknown, depth = 0): string[] {
  if (typeof body === 'string' && TEST_MESSAGE.test(body)) return [body];
  const json = typeof body === 'string' ? parse(body) : body;
  const object = objectOf(json);
  if (object !== json) throw new InvalidFeedbackError(`${nameOf(json)} is not an object`);
  if (depth > MOST_WRAPPERS) throw new InvalidFeedbackError('it is wrapped too many times');
  if ('eventType' in object || 'notificationType' in object)
    return [typeof body === 'string' ? body : write(object)];
  if (Array.isArray(object.Records))
    return object.Records.flatMap((record) => unwrapRecord(record, depth + 1));
  if ('Sns' in object || 'eventSource' in object) return unwrapRecord(object, depth);
  if (typeof object.Type === 'string') return unwrapEnvelope(object, depth);
  const event = eventOfEventBridge(object);
  if (event) return [write(event)];
  throw new InvalidFeedbackError('it has neither "Type" nor "eventType", "detail" or "Records"');
}

function unwrapRecord(value: unknown, depth: number): string[] {
  const record = objectOf(value);
  if ('Sns' in record) return unwrapEnvelope(objectOf(record.Sns), depth);
  if (typeof record.body === 'string') return unwrapFeedback(record.body, depth);
  throw new InvalidFeedbackError('a record has neither "Sns" nor "body"');
}

function unwrapEnvelope({ Type, Message }: Json, depth: number): string[] {
  if (Type !== undefined && Type !== 'Notification') return [];
  if (typeof Message !== 'string')
    throw new InvalidFeedbackError('the "Message" of an envelope is not a text');
  try {
    return unwrapFeedback(Message, depth + 1);
  } catch (error) {
    // An envelope may carry anything; the ingest logs and ignores what is no SES event.
    if (error instanceof InvalidFeedbackError) return [Message];
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new InvalidFeedbackError('it is not JSON', { cause });
  }
}

function write(event: Json): string {
  try {
    return JSON.stringify(event);
  } catch (cause) {
    throw new InvalidFeedbackError('it can not be written as JSON', { cause });
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
