import fc from 'fast-check';
import type { SesBody } from './reference-facts.js';

/** A mail as it goes out: by this application's mailer, by another application with this module, or by others. */
export interface HistoryMail {
  by: 'mailer' | 'other-app' | 'untagged' | 'without-stream';
  to: string[];
  stream: string;
  configurationSet: string | null;
  /** How long before the answer, or before it is known here, SES took it. */
  lagMs: number;
  timed: boolean;
}

export type HistoryStep =
  | { step: 'wait'; ms: number }
  | { step: 'mail'; mail: HistoryMail }
  | { step: 'event'; mail: number; kind: EventKind; to: boolean[]; identified: boolean }
  | { step: 'repeat'; event: number }
  | { step: 'housekeep' };

export interface History {
  steps: HistoryStep[];
  windowVolume: number;
  minimumVolume: number;
  places: { domains: number; configurationSets: number; streams: number };
  /** Times to report on besides the end, so long before it; some at the very beginning of a minute. */
  pasts: { ms: number; toTheMinute: boolean }[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const OWN_STREAMS = ['transactional', 'newsletter'];
export const VERIFIED = ['own.example'];
const ADDRESSES = [
  'ann@gmail.com',
  'bob@googlemail.com',
  'cyd@hotmail.co.uk',
  'dan@a.example',
  'eve@a.example',
  'fay@b.example',
  'gus@c.example',
  'hal@mail.own.example',
  'bounce@simulator.amazonses.com',
];

const KINDS = {
  send: {},
  delivery: {},
  hard: { bounce: ['Permanent', 'General', '5.1.1'] },
  blocked: { bounce: ['Permanent', 'General', '5.7.1'] },
  suppressed: { bounce: ['Permanent', 'Suppressed', undefined] },
  refused: { bounce: ['Permanent', 'ContentRejected', undefined] },
  'list-bounce': { bounce: ['Permanent', 'OnAccountSuppressionList', undefined] },
  full: { bounce: ['Transient', 'MailboxFull', '4.2.2'] },
  'out-of-office': { bounce: ['Transient', 'General', undefined] },
  'too-large': { bounce: ['Transient', 'MessageTooLarge', undefined] },
  unknown: { bounce: ['Undetermined', 'Undetermined', undefined] },
  complaint: { complaint: ['abuse', null] },
  fraud: { complaint: ['fraud', null] },
  'not-spam': { complaint: ['not-spam', null] },
  'list-complaint': { complaint: [undefined, 'OnAccountSuppressionList'] },
} as const satisfies Record<string, { bounce?: readonly unknown[]; complaint?: readonly unknown[] }>;
export type EventKind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as EventKind[];

const mail: fc.Arbitrary<HistoryMail> = fc.record({
  by: fc.constantFrom('mailer', 'mailer', 'mailer', 'other-app', 'untagged', 'without-stream'),
  to: fc.subarray(ADDRESSES, { minLength: 1, maxLength: 4 }),
  stream: fc.constantFrom(...OWN_STREAMS, 'alerts', 'digest'),
  configurationSet: fc.constantFrom(null, 'main', 'bulk', 'extra'),
  lagMs: fc.oneof(fc.nat(2 * MINUTE), fc.nat(HOUR), fc.nat(3 * DAY), fc.nat(800 * DAY)),
  timed: fc.nat(20).map((n) => n > 0),
});

const step: fc.Arbitrary<HistoryStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ step: fc.constant('mail' as const), mail }) },
  {
    weight: 6,
    arbitrary: fc.record({
      step: fc.constant('event' as const),
      mail: fc.nat(30),
      kind: fc.constantFrom<EventKind>('send', 'send', 'send', 'hard', 'list-bounce', ...KIND_NAMES),
      to: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      identified: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      ms: fc.oneof(
        fc.nat(3 * MINUTE),
        fc.nat(3 * HOUR),
        fc.nat(4 * DAY),
        fc.nat(45 * DAY),
        // To the edges of the windows.
        fc
          .tuple(fc.constantFrom(HOUR, DAY, 7 * DAY, 30 * DAY), fc.nat(2))
          .map(([span, minutes]) => span + minutes * MINUTE),
        // A clock that is set back.
        fc.nat(2 * HOUR).map((ms) => -ms),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('repeat' as const), event: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.constant({ step: 'housekeep' as const }) },
);

export const history: fc.Arbitrary<History> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  windowVolume: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(10_000)),
  minimumVolume: fc.constantFrom(0, 1, 5),
  places: fc.record({ domains: fc.nat(4), configurationSets: fc.nat(3), streams: fc.nat(2) }),
  pasts: fc.array(
    fc.record({
      ms: fc.oneof(fc.constant(0), fc.nat(3 * HOUR), fc.nat(3 * DAY), fc.nat(40 * DAY)),
      toTheMinute: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
});

/** A mail that has gone out, as the `mail` of every event about it. */
export interface SentMail {
  body: SesBody['mail'];
  /** What time its feedback bears. */
  happenedAt: number;
}

export function sentMail(sent: HistoryMail, messageId: string, now: number): SentMail {
  const at = now - (sent.by === 'mailer' ? sent.lagMs % (2 * MINUTE) : sent.lagMs);
  const app = sent.by === 'other-app' ? 'billing' : 'shop';
  const stream = sent.by === 'mailer' ? OWN_STREAMS[sent.stream.length % 2]! : sent.stream;
  const tags: Record<string, string[]> = { 'ses:from-domain': ['own.example'] };
  if (sent.configurationSet !== null) tags['ses:configuration-set'] = [sent.configurationSet];
  if (sent.by !== 'untagged') tags['ses-reputation-app'] = [app];
  if (sent.by === 'mailer' || sent.by === 'other-app') tags['ses-reputation'] = [stream];
  const timed = sent.by === 'mailer' || sent.timed;
  return {
    body: {
      messageId,
      ...(timed ? { timestamp: new Date(at).toISOString() } : {}),
      destination: sent.to,
      tags,
    },
    happenedAt: at + MINUTE,
  };
}

/** The event that this step brings in. The same content has the same feedback id, and other content another. */
export function eventOf(
  { kind, to, identified }: Extract<HistoryStep, { step: 'event' }>,
  { body: sent, happenedAt }: SentMail,
): SesBody & Record<string, unknown> {
  const some = sent.destination.filter((_, n) => to[n]);
  const about = some.length > 0 ? some : sent.destination;
  const timestamp = new Date(happenedAt).toISOString();
  const feedback = identified ? { feedbackId: `${kind} ${sent.messageId} ${about.join()}` } : {};
  const shape: { bounce?: readonly unknown[]; complaint?: readonly unknown[] } = KINDS[kind];
  if (shape.bounce) {
    const [bounceType, bounceSubType, status] = shape.bounce as [string, string, string | undefined];
    const bouncedRecipients = about.map((emailAddress) => ({ emailAddress, ...(status ? { status } : {}) }));
    return {
      eventType: 'Bounce',
      mail: sent,
      bounce: { bounceType, bounceSubType, bouncedRecipients, timestamp, ...feedback },
    };
  }
  if (shape.complaint) {
    const [type, complaintSubType] = shape.complaint as [string | undefined, string | null];
    return {
      eventType: 'Complaint',
      mail: sent,
      complaint: {
        complainedRecipients: about.map((emailAddress) => ({ emailAddress })),
        timestamp,
        complaintSubType,
        ...(type ? { complaintFeedbackType: type } : {}),
        ...feedback,
      },
    };
  }
  if (kind === 'delivery') {
    return { eventType: 'Delivery', mail: sent, delivery: { recipients: about, timestamp } };
  }
  return { eventType: 'Send', send: {}, mail: sent };
}
