import type { Compare } from './harness/compare.js';
import { millisecondsOf } from './harness/timing.js';
import { fillMailEvents, MAIL_EVENTS } from './peers/mail-events.js';
import { databaseKinds } from './support/databases.js';
import { hostAfterMails, type MailedHost } from './support/mailed-host.js';

const FEW = 10_000;
/** BENCH_MAILS=1000000 for less, while you work on it: filling takes minutes. */
const MANY = Number(process.env.BENCH_MAILS ?? 10_000_000);
const REPORTS = 40;
const BOOKINGS = 100;

/** The rates, and counting one more mail, after few mails and after many; and counted from the events themselves. */
export async function report(compare: Compare): Promise<void> {
  for (const kind of await databaseKinds()) {
    const few = await hostAfterMails(FEW, await kind.create());
    const many = await hostAfterMails(MANY, await kind.create());
    await fillMailEvents(many.dataSource, kind.name, MANY);
    await compareReports(compare, kind.name, few, many);
    await compareBookings(compare, kind.name, few, many);
    await few.close();
    await many.close();
  }
}

async function compareReports(compare: Compare, database: string, few: MailedHost, many: MailedHost) {
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
        name: `COUNT(*) of ${written(MANY)} mails and of bounces`,
        role: 'peer',
        measure: () =>
          average(1, async () => {
            for (const type of ['send', 'bounce'])
              await many.dataSource.query(`SELECT COUNT(*) FROM ${MAIL_EVENTS} WHERE type = '${type}'`);
          }),
      },
    ],
  });
}

async function compareBookings(compare: Compare, database: string, few: MailedHost, many: MailedHost) {
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

function written(count: number): string {
  return count.toLocaleString('en-US');
}
