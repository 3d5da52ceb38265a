import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IdempotentSend } from '../libs/ses-reputation/src/mailer/idempotent-send.entity.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

const DAY_MS = 24 * 3_600_000;

describe.each(databaseKinds())('idempotencyKey on $name', ({ create }) => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let one: MailerParts;
  let other: MailerParts;
  const message = { to: 'ann@example.com', text: 'Hello', idempotencyKey: 'order-17' };

  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: 1_000 });
    database = await create();
    one = await startMailer(database.options, { client: simulator.clientConfig });
    other = await startMailer(database.options, { client: simulator.clientConfig });
  });

  afterEach(async () => {
    await one.close();
    await other.close();
    await database.drop();
    await simulator.stop();
  });

  it('sends once, and gives the same receipt again on any instance', async () => {
    await one.suppress('out@example.com');
    const to = 'ann@example.com, out@example.com';
    const first = await one.mailer.send({ ...message, to });
    expect(first.status).toBe('partial');
    expect(await one.mailer.send({ ...message, to })).toEqual(first);
    expect(await other.mailer.send({ ...message, to })).toEqual(first);
    expect(simulator.sent).toHaveLength(1);
    expect(other.events).toEqual([]);
    await one.mailer.send({ ...message, idempotencyKey: 'order-18' });
    expect(simulator.sent).toHaveLength(2);
  });

  it('sends once when many ask at the same time', async () => {
    const receipts = await Promise.all(
      Array.from({ length: 12 }, (_, i) => (i % 2 ? one : other).mailer.send(message)),
    );
    expect(simulator.sent).toHaveLength(1);
    expect(new Set(receipts.map(({ messageId }) => messageId))).toEqual(new Set([simulator.sent[0]!.id]));
  });

  it('is another key in another application', async () => {
    const shop = await startMailer(database.options, { client: simulator.clientConfig, app: 'shop' });
    await one.mailer.send(message);
    await shop.mailer.send(message);
    await shop.close();
    expect(simulator.sent).toHaveLength(2);
  });

  it('forgets a failure that sent nothing, so that a repeat sends', async () => {
    simulator.fail({ quotaExceeded: 1 });
    await expect(one.mailer.send(message)).rejects.toMatchObject({ code: 'SES_SEND_QUOTA_EXCEEDED' });
    expect((await other.mailer.send(message)).status).toBe('sent');
    expect(simulator.sent).toHaveLength(1);
  });

  it('never sends again where the outcome is unknown', async () => {
    simulator.fail({ sesOutage: { kind: 'cut-after', calls: 1 } });
    for (const { mailer } of [one, one, other]) {
      await expect(mailer.send(message)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    }
    expect(simulator.sent).toHaveLength(1);
  });

  it('never sends again after the process that was sending has died', async () => {
    await one.mailer.send(message);
    await one.dataSource.manager.update(
      IdempotentSend,
      { state: 'done' },
      { state: 'pending', receipt: null },
    );
    other.clock.aheadMs = 11 * 60_000;
    await expect(other.mailer.send(message)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    expect(simulator.sent).toHaveLength(1);
  });

  it('stops waiting for a first send that does not end', async () => {
    await one.mailer.send(message);
    await one.dataSource.manager.update(
      IdempotentSend,
      { state: 'done' },
      { state: 'pending', receipt: null },
    );
    const repeat = expect(other.mailer.send(message)).rejects.toMatchObject({
      code: 'SES_SEND_OUTCOME_UNKNOWN',
    });
    other.clock.aheadMs = 60_000;
    await repeat;
    expect(simulator.sent).toHaveLength(1);
  });

  it('sends again after 24 hours, once', async () => {
    await one.mailer.send(message);
    one.clock.aheadMs = DAY_MS - 60_000;
    await one.mailer.send(message);
    expect(simulator.sent).toHaveLength(1);
    one.clock.aheadMs = other.clock.aheadMs = DAY_MS + 1_000;
    const again = await Promise.all([one, other, one, other].map(({ mailer }) => mailer.send(message)));
    expect(simulator.sent).toHaveLength(2);
    expect(new Set(again.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('prunes what has expired, and nothing else', async () => {
    await one.mailer.send(message);
    one.clock.aheadMs = DAY_MS / 2;
    await one.mailer.send({ ...message, idempotencyKey: 'order-18' });
    one.clock.aheadMs = DAY_MS + 1_000;
    await one.idempotentSends.prune();
    expect(await one.dataSource.manager.count(IdempotentSend)).toBe(1);
  });

  it('sends nothing without the database, not even on a critical stream', async () => {
    await one.dataSource.destroy();
    await expect(one.mailer.send(message)).rejects.toMatchObject({
      code: 'SES_STORE_UNAVAILABLE',
      message: expect.stringContaining('idempotencyKey'),
    });
    expect(simulator.sent).toHaveLength(0);
  });
});
