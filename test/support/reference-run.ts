import type { DataSource, EntityManager } from 'typeorm';
import { addressKey } from '../../libs/ses-reputation/src/address/address-key.js';
import type { Raise } from '../../libs/ses-reputation/src/events/event-outbox.js';
import { FeedbackIngest } from '../../libs/ses-reputation/src/feedback/ingest.js';
import { sentBookings } from '../../libs/ses-reputation/src/mailer/bookings.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import { rollUp } from '../../libs/ses-reputation/src/reputation/bucket-rollup.js';
import { DimensionPlaces } from '../../libs/ses-reputation/src/reputation/dimension-places.js';
import { keepPlaces } from '../../libs/ses-reputation/src/reputation/dimension-upkeep.js';
import { ReputationLedger } from '../../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { ReputationService } from '../../libs/ses-reputation/src/reputation/reputation.service.js';
import { insertAll, type Insertion } from '../../libs/ses-reputation/src/store/insert-rows.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import { SuppressionLedger } from '../../libs/ses-reputation/src/suppression/suppression-ledger.js';
import { ReferenceAccount } from './reference-account.js';
import { factsOfSend, ReferenceReader, type SesBody } from './reference-facts.js';
import {
  eventOf,
  OWN_STREAMS,
  sentMail,
  VERIFIED,
  type History,
  type SentMail,
} from './reference-history.js';
import { StoppedClock } from './suppression-harness.js';

const START = Date.UTC(2026, 4, 1, 12, 34, 56);
const LIMITS = {
  bounce: { warning: 0.1, review: 0.25, pause: 0.5 },
  complaint: { warning: 0.05, review: 0.2, pause: 0.4 },
};

/** Both sides after one history: the package on a database, and the reference. */
export interface HistoryRun {
  reference: ReferenceAccount;
  service: ReputationService;
  now: number;
}

/** Lives through a history, step by step, with the package and with the reference. */
export async function runHistory(dataSource: DataSource, history: History): Promise<HistoryRun> {
  const clock = new StoppedClock(START);
  const { windowVolume, places: dimensions } = history;
  const minimumVolume = Math.min(history.minimumVolume, windowVolume);
  const rules = { minimumVolume, minimumCount: 1, limits: LIMITS };
  const options = resolveOptions({
    app: 'shop',
    streams: Object.fromEntries(OWN_STREAMS.map((name) => [name, {}])),
    feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
    reputation: { ...rules, window: { volume: windowVolume }, dimensions, verifiedIdentities: VERIFIED },
  });
  const store = new Store(dataSource);
  const places = new DimensionPlaces(store, clock, options);
  const ledger = new ReputationLedger(store, clock, places);
  // What is told, and to whom, is no part of the counts.
  const outbox = {
    commit: (work: (tx: EntityManager, raise: Raise) => Promise<unknown>) =>
      store.transaction(async (tx) => {
        const rows: Insertion[] = [];
        const result = await work(tx, (_events, insertions = []) => void rows.push(...insertions));
        await insertAll(tx, rows);
        return result;
      }),
  };
  const ingest = new FeedbackIngest(
    clock,
    new SuppressionLedger(store, options, clock),
    ledger,
    outbox as never,
    options,
    { heard: () => undefined } as never,
  );
  const reader = new ReferenceReader({ app: 'shop', verifiedDomains: VERIFIED });
  const reference = new ReferenceAccount({
    ...rules,
    windowVolume,
    ownStreams: OWN_STREAMS,
    places: {
      domain: dimensions.domains,
      'configuration-set': dimensions.configurationSets,
      stream: dimensions.streams,
    },
  });
  const mails: SentMail[] = [];
  const events: SesBody[] = [];

  const take = async (event: SesBody) => {
    events.push(event);
    await ingest.ingest(JSON.stringify(event), { source: 'http' });
    reference.book(reader.read(event, clock.nowMs), clock.nowMs);
  };
  for (const step of history.steps) {
    switch (step.step) {
      case 'wait':
        clock.nowMs += step.ms;
        break;
      case 'mail': {
        const { mail } = step;
        const sent = sentMail(mail, `m-${mails.length}`, clock.nowMs);
        mails.push(sent);
        if (mail.by !== 'mailer') break;
        const stream = sent.body.tags!['ses-reputation']![0]!;
        const { configurationSet } = mail;
        const keys = mail.to.map((address) => addressKey(address)!);
        ledger.bookSent(sentBookings(keys, { stream, configurationSet }, new Date(clock.nowMs)));
        await ledger.flush();
        reference.book(factsOfSend(mail.to, stream, configurationSet, clock.nowMs), clock.nowMs);
        break;
      }
      case 'event':
        if (mails.length > 0) await take(eventOf(step, mails[step.mail % mails.length]!));
        break;
      case 'repeat':
        if (events.length > 0) await take(events[step.event % events.length]!);
        break;
      case 'housekeep':
        await rollUp(store, clock.nowMs);
        await keepPlaces(store, places, clock.nowMs);
        reference.housekeep(clock.nowMs);
    }
  }
  const service = new ReputationService(options, store, ledger, undefined as never, clock, places);
  return { reference, service, now: clock.nowMs };
}
