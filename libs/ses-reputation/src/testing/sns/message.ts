import type { MessageAttribute } from './envelope.js';
import { invalidParameter } from './errors.js';
import type { Protocol } from './subscriptions.js';

/** What is published, before it is put into an envelope for each subscriber. */
export interface Message {
  subject?: string;
  attributes?: Record<string, MessageAttribute>;
  textFor(protocol: Protocol): string;
}

/** 256 KiB, attributes included. */
export const MAX_MESSAGE_BYTES = 262_144;

const SUBJECT = /^[^\p{Cc}]{1,99}$/u;

/**
 * Checks what SNS checks. `structure: 'json'` takes the message as an object with a text for each protocol and
 * a `default`.
 *
 * @throws SnsApiError `InvalidParameter`
 */
export function composeMessage(
  text: string,
  options: { subject?: string; attributes?: Record<string, MessageAttribute>; structure?: string } = {},
): Message {
  const { subject, attributes, structure } = options;
  if (text === '') throw invalidParameter('Invalid parameter: Empty message');
  if (messageBytes(text, attributes) > MAX_MESSAGE_BYTES) {
    throw invalidParameter('Invalid parameter: Message too long');
  }
  if (subject !== undefined && !SUBJECT.test(subject)) throw invalidParameter('Invalid parameter: Subject');
  if (structure !== undefined && structure !== 'json') {
    throw invalidParameter('Invalid parameter: Invalid MessageStructure');
  }
  const texts = structure === 'json' ? parseTexts(text) : { default: text };
  return {
    ...(subject !== undefined && { subject: wellFormed(subject) }),
    ...(attributes && Object.keys(attributes).length > 0 && { attributes }),
    textFor: (protocol) => wellFormed(texts[protocol] ?? texts['default']!),
  };
}

function parseTexts(text: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter('Invalid parameter: Message Structure - JSON message body failed to parse');
  }
  const texts = Object.fromEntries(
    Object.entries(parsed ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  if (!Object.hasOwn(texts, 'default')) {
    throw invalidParameter('Invalid parameter: Message Structure - No default entry in JSON message body');
  }
  return texts;
}

function messageBytes(text: string, attributes: Record<string, MessageAttribute> = {}): number {
  const parts = Object.entries(attributes).flatMap(([name, { Type, Value }]) => [name, Type, Value]);
  return [text, ...parts].reduce((sum, part) => sum + Buffer.byteLength(part, 'utf8'), 0);
}

/**
 * A lone surrogate has no UTF-8 form: what is signed (bytes) and what is posted (a JSON escape) would differ,
 * and the signature would not verify.
 */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
