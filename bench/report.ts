import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ReputationService } from '../libs/ses-reputation/src/index.js';
import type { Booking } from '../libs/ses-reputation/src/reputation/counts.js';
import { ReputationLedger } from '../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import type { Compare } from './harness/compare.js';
import { millisecondsOf } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds, type BenchDatabase } from './support/databases.js';
import { fillMailEvents, MAIL_EVENTS } from './peers/mail-events.js';

const FEW = 10_000;
const MANY = 10_000_000;
/** Rows of the table that a `COUNT(*)` counts from. */
const EVENTS = 1_000_000;
const DAYS = 200;
const DAY_MS = 86_400_000;
const MINUTES = DAYS * 1_440;
const BOOKINGS_A_TRANSACTION = 20_000;
const REPORTS = 40;
const BOOKINGS = 100;

/** The rates, and counting one more mail, after few mails and after many; and counted from the events themselves. */
export async function report(compare: Compare): Promise<void> {
  for (const kind of await databaseKinds()) {
    const few = await afterMails(FEW, await kind.create());
    const many = await afterMails(MANY, await kind.create());
    await fillMailEvents(many.dataSource, kind.name, EVENTS);
    await compareReports(compare, kind.name, few, many);
    await compareBookings(compare, kind.name, few, many);
    await few.close();
    await many.close();
  }
}

async function compareReports(compare: Compare, database: string, few: Filled, many: Filled) {
  await compare({
    title: `report: rates after ${written(MANY)} mails on ${database}`,
    unit: 'ms',
    better: 'less',
    contenders: [
      {
        name: 'nestjs-ses-reputation',
        role: 'ours',
        measure: () => average(REPORTS, () => many.reputation.report()),
      },
      {
        name: `itself after ${written(FEW)} mails`,
        role: 'peer',
        measure: () => average(REPORTS, () => few.reputation.report()),
      },
      {
        name: `COUNT(*) of ${written(EVENTS)} mails and of bounces`,
        role: 'peer',
        measure: () =>
          average(REPORTS, async () => {
            for (const type of ['send', 'bounce'])
              await many.dataSource.query(`SELECT COUNT(*) FROM ${MAIL_EVENTS} WHERE type = '${type}'`);
          }),
      },
    ],
  });
}

async function compareBookings(compare: Compare, database: string, few: Filled, many: Filled) {
  await compare({
    title: `report: counting one more mail after ${written(MANY)} on ${database}`,
    unit: 'ms',
    better: 'less',
    contenders: [
      { name: 'nestjs-ses-reputation', role: 'ours', measure: () => average(BOOKINGS, () => many.bookOne()) },
      {
        name: `itself after ${written(FEW)} mails`,
        role: 'peer',
        measure: () => average(BOOKINGS, () => few.bookOne()),
      },
    ],
  });
}

async function average(times: number, work: () => Promise<unknown>): Promise<number> {
  const ms = await millisecondsOf(async () => {
    for (let i = 0; i < times; i++) await work();
  });
  return ms / times;
}

/** An application that has sent so many mails. */
interface Filled {
  reputation: ReputationService;
  dataSource: DataSource;
  bookOne(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Mail of the last {@link DAYS} days, evenly over all their minutes; one of 50 bounced. Old mail is booked to the
 * hour and day, so that the buckets are those of an account that has merged them for as long.
 */
async function afterMails(mails: number, database: BenchDatabase): Promise<Filled> {
  const host = await startHost(database.options);
  const ledger = host.get(ReputationLedger, { strict: false });
  const store = host.get(Store, { strict: false });
  const now = Date.now();
  const bookings = Math.min(mails, MINUTES);
  for (let from = 0; from < bookings; from += BOOKINGS_A_TRANSACTION) {
    const part = list(Math.min(BOOKINGS_A_TRANSACTION, bookings - from), (index) =>
      bookingOf(from + index, bookings, mails, now),
    );
    await store.transaction((tx) => ledger.book(tx, part));
  }
  const dataSource = host.get<DataSource>(getDataSourceToken() as never);
  await dataSource.query('ANALYZE');
  return {
    reputation: host.get(ReputationService),
    dataSource,
    bookOne: () => store.transaction((tx) => ledger.book(tx, [bookingOf(0, MINUTES, MINUTES, Date.now())])),
    async close() {
      await host.close();
      await database.drop();
    },
  };
}

/** The n-th of so many bookings, which share the mails evenly. */
function bookingOf(n: number, bookings: number, mails: number, now: number): Booking {
  const until = (part: number) => Math.floor((part * mails) / bookings);
  const bounces = Math.floor(until(n + 1) / 50) - Math.floor(until(n) / 50);
  return {
    sentAt: new Date(now - ((n + 0.5) / bookings) * DAYS * DAY_MS),
    stream: 'transactional',
    domain: `mail-${n % 10}.example.com`,
    configurationSet: 'main',
    counts: { sent: until(n + 1) - until(n), hardBounces: bounces },
  };
}

function written(count: number): string {
  return count.toLocaleString('en-US');
}
