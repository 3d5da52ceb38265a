import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

Logger.overrideLogger(false);

const STREAMS = { alerts: { priority: 'critical' }, news: { priority: 'bulk' } } as const;

describe.each(databaseKinds())('many sends at once on $name', ({ create }) => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: 10_000 });
    database = await create();
    parts = await startMailer(database.options, {
      client: simulator.clientConfig,
      streams: STREAMS,
      defaultStream: 'alerts',
    });
  });

  afterEach(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  function sends(count: number) {
    return Array.from({ length: count }, (_, i) =>
      parts.mailer.send({
        to: [`a${i}@example.com`, `b${i}@example.com`],
        subject: `${i}`,
        text: 'x',
        stream: i % 2 === 0 ? 'alerts' : 'news',
      }),
    );
  }

  it('each leaves out whom its own stream must not mail', async () => {
    for (let i = 0; i < 40; i++) {
      if (i % 4 === 0) await parts.suppress(`a${i}@example.com`);
      if (i % 4 === 1) await parts.suppress(`b${i}@example.com`, { scope: 'news', reason: 'unsubscribe' });
      if (i % 4 === 2) await parts.suppress(`a${i}@example.com`, { scope: 'news', reason: 'unsubscribe' });
    }
    const receipts = await Promise.all(sends(40));
    expect(receipts.map(({ suppressed }) => suppressed.map(({ address }) => address))).toEqual(
      receipts.map((_, i) => {
        if (i % 4 === 0) return [`a${i}@example.com`];
        return i % 4 === 1 ? [`b${i}@example.com`] : [];
      }),
    );
    const mailed = new Map(simulator.sent.map(({ subject, destination }) => [subject, destination.to]));
    expect(receipts.map(({ accepted }) => accepted)).toEqual(receipts.map((_, i) => mailed.get(`${i}`)));
  });

  it('each does as its own stream says when the list can’t be read', async () => {
    await parts.dataSource.query('DROP TABLE ses_suppressed_address');
    const results = await Promise.allSettled(sends(20));
    expect(results.map(({ status }) => status)).toEqual(
      results.map((_, i) => (i % 2 === 0 ? 'fulfilled' : 'rejected')),
    );
    expect(simulator.sent).toHaveLength(10);
    const said = parts.events.filter(({ name }) => name === 'ses.send.sent');
    expect(said.map(({ payload }) => payload.unchecked)).toEqual(said.map(() => true));
  });
});
