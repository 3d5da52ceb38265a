import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ReputationService } from '../../libs/ses-reputation/src/index.js';
import type { Booking } from '../../libs/ses-reputation/src/reputation/counts.js';
import { ReputationLedger } from '../../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { Store } from '../../libs/ses-reputation/src/store/store.js';
import { startHost } from './app.js';
import { list } from './bounces.js';
import type { BenchDatabase } from './databases.js';

const DAYS = 200;
const DAY_MS = 86_400_000;
const MINUTES = DAYS * 1_440;
const BOOKINGS_A_TRANSACTION = 20_000;

/** An application that has sent so many mails. */
export interface MailedHost {
  reputation: ReputationService;
  dataSource: DataSource;
  bookOne(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Mail of the last {@link DAYS} days, evenly over all their minutes; one of 50 bounced. Old mail is booked to the
 * hour and day, so that the buckets are those of an account that has merged them for as long.
 */
export async function hostAfterMails(mails: number, database: BenchDatabase): Promise<MailedHost> {
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
