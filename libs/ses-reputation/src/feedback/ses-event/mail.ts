import { eventTime } from './event-time.js';
import { listOf, objectOf, textOf } from './json.js';
import { readAddresses, type EventRecipient } from './recipient.js';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The mail that an event is about (`mail`). */
export interface EventMail {
  messageId: string | null;
  /** When SES took the mail. */
  sentAt: Date | null;
  /** Every recipient of the message. Never acted on as a whole: an event is about some of them. */
  destination: EventRecipient[];
  /** The tag `ses-reputation`: which stream the mail went out on. */
  stream: string | null;
  /** The tag `ses-reputation-app`: which app sent it. */
  app: string | null;
  /** SES's own tag `ses:configuration-set`: what the mail was sent with. */
  configurationSet: string | null;
  /** Sent by some `SesReputationModule`. */
  tagged: boolean;
}

export function readMail(value: unknown): EventMail {
  const mail = objectOf(value);
  const tags = objectOf(mail.tags);
  const stream = nameOf(tags['ses-reputation']);
  const app = nameOf(tags['ses-reputation-app']);
  return {
    messageId: textOf(mail.messageId, 255),
    sentAt: eventTime(mail.timestamp),
    destination: readAddresses(mail.destination),
    stream,
    app,
    configurationSet: nameOf(tags['ses:configuration-set']),
    tagged: stream !== null || app !== null,
  };
}

/** The recipient of events that name none (opens, clicks, opt-outs): known only if the mail had no other. */
export function onlyRecipient({ destination }: EventMail): EventRecipient[] {
  return destination.length === 1 ? destination : [];
}

function nameOf(tag: unknown): string | null {
  const [value] = listOf(tag);
  return typeof value === 'string' && NAME.test(value) ? value : null;
}
