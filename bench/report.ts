import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ReputationService } from '../libs/ses-reputation/src/index.js';
import { ReputationLedger } from '../libs/ses-reputation/src/reputation/reputation-ledger.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import type { Compare } from './harness/compare.js';
import { millisecondsOf } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds, type BenchDatabase } from './support/databases.js';
import { fillMailEvents, MAIL_EVENTS } from './peers/mail-events.js';

const FEW = 10_000;
const MANY = 1_000_000;
const DAYS = 200;
const DAY_MS = 86_400_000;
const BOOKINGS_A_TRANSACTION = 20_000;
const REPORTS = 20;

/** The rates after few mails, after many, and counted from the events themselves. */
export async function report(compare: Compare): Promise<void> {
  for (const kind of await databaseKinds()) {
    const [few, many] = [
      await afterMails(FEW, await kind.create()),
      await afterMails(MANY, await kind.create()),
    ];
    const { dataSource } = many;
    await fillMailEvents(dataSource, kind.name, MANY);
    await compare({
      title: `report: rates after ${MANY.toLocaleString('en-US')} mails on ${kind.name}`,
      unit: 'ms',
      better: 'less',
      contenders: [
        {
          name: 'nestjs-ses-reputation',
          role: 'ours',
          measure: () => average(() => many.reputation.report()),
        },
        {
          name: `itself after ${FEW.toLocaleString('en-US')} mails`,
          role: 'peer',
          measure: () => average(() => few.reputation.report()),
        },
        {
          name: 'COUNT(*) of mails and of bounces',
          role: 'peer',
          measure: () =>
            average(async () => {
              for (const type of ['send', 'bounce'])
                await dataSource.query(`SELECT COUNT(*) FROM ${MAIL_EVENTS} WHERE type = '${type}'`);
            }),
        },
      ],
    });
    await few.close();
    await many.close();
  }
}

async function average(work: () => Promise<unknown>): Promise<number> {
  const ms = await millisecondsOf(async () => {
    for (let i = 0; i < REPORTS; i++) await work();
  });
  return ms / REPORTS;
}

/** An application that has sent so many mails in the last {@link DAYS} days, evenly; one of 50 bounced. */
async function afterMails(mails: number, database: BenchDatabase) {
  const host = await startHost(database.options);
  const ledger = host.get(ReputationLedger, { strict: false });
  const store = host.get(Store, { strict: false });
  const now = Date.now();
  for (let from = 0; from < mails; from += BOOKINGS_A_TRANSACTION) {
    const bookings = list(Math.min(BOOKINGS_A_TRANSACTION, mails - from), (index) => ({
      sentAt: new Date(now - ((from + index + 0.5) / mails) * DAYS * DAY_MS),
      stream: 'transactional',
      domain: `mail-${index % 10}.example.com`,
      counts: { sent: 1, ...(index % 50 === 0 ? { hardBounces: 1 } : {}) },
    }));
    await store.transaction((tx) => ledger.book(tx, bookings));
  }
  const dataSource = host.get<DataSource>(getDataSourceToken() as never);
  await dataSource.query('ANALYZE');
  return {
    reputation: host.get(ReputationService),
    dataSource,
    async close() {
      await host.close();
      await database.drop();
    },
  };
}
