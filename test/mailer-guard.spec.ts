import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { GuardState } from '../libs/ses-reputation/src/guard/guard-state.entity.js';
import type { SendReceipt } from '../libs/ses-reputation/src/mailer/send-receipt.js';
import { databaseKinds, sqlite } from './support/databases.js';
import { GuardScene, type GuardApp } from './support/guard-app.js';

const NEWS = { stream: 'newsletter', text: 'Bread' };
const ANN = { ...NEWS, to: 'ann@example.com' };

/** A stream that the guard probes: this share of its mail goes out. */
async function probe(app: GuardApp, share: number, startedAt = 60_000): Promise<void> {
  const round = {
    share,
    startedAt,
    probeFrom: startedAt,
    quietAt: null,
    heldAt: null,
    fullAt: null,
    proven: false,
  };
  await app.dataSource.manager.insert(GuardState, {
    app: 'default',
    stream: 'newsletter',
    mode: 'probing',
    cause: 'level',
    reason: 'the pause is over',
    actor: null,
    since: new Date(1_000),
    until: null,
    memory: JSON.stringify({ demand: 'review', pauseMs: 900_000, failed: false, round }),
    version: 7,
  });
  await app.gate.refresh();
}

async function statuses(count: number, send: (i: number) => Promise<SendReceipt>): Promise<string> {
  let all = '';
  for (let i = 0; i < count; i++) all += (await send(i)).status[0];
  return all;
}

/** Has every question wait; gives what ends that. */
function holdUp(dataSource: DataSource): () => void {
  let release!: () => void;
  const held = new Promise<never[]>((resolve) => (release = () => resolve([])));
  const own = { findBy: () => held, createQueryBuilder: () => held, query: () => held };
  const { manager } = dataSource;
  Object.defineProperty(dataSource, 'manager', { value: own, configurable: true, writable: true });
  return () => {
    Object.defineProperty(dataSource, 'manager', { value: manager, configurable: true, writable: true });
    release();
  };
}

const everySecondOut = (i: number) => (i % 2 === 0 ? 'out@example.com' : `reader-${i}@example.com`);

describe('the mailer and a paused stream', () => {
  let scene: GuardScene;
  let app: GuardApp;
  beforeEach(async () => {
    scene = await GuardScene.open(sqlite);
    app = await scene.start();
  });
  afterEach(() => scene.close());

  it('answers at once, and asks neither the database nor SES', async () => {
    await app.guard.pause('newsletter', { reason: 'a wrong price', actor: 'ann' });
    await app.dataSource.query('ALTER TABLE ses_suppressed_address RENAME TO away');
    const { paused, ...receipt } = await app.mailer.send({ ...ANN, cc: 'bob@example.com' });
    expect(receipt).toEqual({ status: 'paused', messageId: null, accepted: [], suppressed: [] });
    expect(paused).toEqual({ reason: 'a wrong price', since: expect.any(Date), until: null });
    expect(app.pausedEvents).toEqual([
      {
        id: expect.stringMatching(/^paused:/),
        at: expect.any(Date),
        stream: 'newsletter',
        messageId: null,
        address: null,
        recipients: ['ann@example.com', 'bob@example.com'],
        reason: 'a wrong price',
        until: null,
      },
    ]);
    expect(scene.simulator.sent).toHaveLength(0);
    await app.dataSource.query('ALTER TABLE away RENAME TO ses_suppressed_address');
  });

  it('still refuses a message that can’t be sent', async () => {
    await app.guard.pause('newsletter', { reason: 'x' });
    await expect(app.mailer.send({ ...NEWS, to: 'nobody' })).rejects.toMatchObject({
      code: 'SES_MESSAGE_INVALID',
    });
  });

  it('looks for suppressed recipients before it takes from a probe’s share', async () => {
    await app.suppressions.suppress('out@example.com', { reason: 'manual' });
    await probe(app, 0.5);
    expect(await statuses(8, (i) => app.mailer.send({ ...NEWS, to: everySecondOut(i) }))).toBe('spssspss');
    // Counted by those who are left: one of the two.
    const both = ['out@example.com', 'cy@example.com'];
    const receipts = [];
    for (let i = 0; i < 4; i++) receipts.push(await app.mailer.send({ ...NEWS, to: both }));
    expect(receipts.map(({ status }) => status)).toEqual(['paused', 'partial', 'paused', 'partial']);
    expect(scene.simulator.sent).toHaveLength(4);
  });

  it('says of a message that is not in the share why it waits', async () => {
    await probe(app, 0.1);
    expect((await app.mailer.send(ANN)).paused).toEqual({
      reason: 'the pause is over; this message is not in the 10 %',
      since: new Date(1_000),
      until: null,
      level: 'review',
    });
  });

  it('holds all mail until the round begins, and takes none of it from the share', async () => {
    const startedAt = Math.ceil(scene.clock.now() / 60_000) * 60_000 + 60_000;
    await probe(app, 0.5, startedAt);
    expect((await app.mailer.send(ANN)).paused).toEqual({
      reason: 'the pause is over, from the next minute on',
      since: new Date(1_000),
      until: new Date(startedAt),
      level: 'review',
    });
    expect(await statuses(120, () => app.mailer.send(ANN))).toBe('p'.repeat(120));
    scene.clock.aheadMs += startedAt - scene.clock.now();
    expect(await statuses(4, () => app.mailer.send(ANN))).toBe('psps');
  });

  it('takes nothing from the share for what SES refused', async () => {
    await probe(app, 0.5);
    expect(await statuses(1, () => app.mailer.send(ANN))).toBe('p');
    scene.simulator.fail({ quotaExceeded: 1 });
    await expect(app.mailer.send(ANN)).rejects.toMatchObject({ code: 'SES_SEND_QUOTA_EXCEEDED' });
    expect(await statuses(3, () => app.mailer.send(ANN))).toBe('ssp');
  });

  it('counts what SES may have taken', async () => {
    await probe(app, 0.5);
    await app.mailer.send(ANN);
    scene.simulator.fail({ sesOutage: { kind: 'cut-after', calls: 1 } });
    await expect(app.mailer.send(ANN)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    expect(await statuses(2, () => app.mailer.send(ANN))).toBe('ps');
  });

  it('goes by what it knew last when the database can’t be read, and says so once', async () => {
    await app.guard.pause('newsletter', {
      reason: 'a wrong price',
      until: new Date(scene.clock.now() + 60_000),
    });
    await app.dataSource.query('ALTER TABLE ses_guard_state RENAME TO away');
    const errors: string[] = [];
    Logger.overrideLogger({ log() {}, warn() {}, error: (message) => void errors.push(String(message)) });
    await app.gate.refresh();
    await app.gate.refresh();
    expect(errors).toEqual([expect.stringContaining('what was known last still holds')]);
    expect(await app.send('newsletter', 1)).toMatchObject({ paused: 1 });
    scene.minutes(1);
    expect(await app.send('newsletter', 1)).toMatchObject({ sent: 1 });
    await app.dataSource.query('ALTER TABLE away RENAME TO ses_guard_state');
  });

  it('is not held up by a database that hangs', async () => {
    await app.guard.pause('newsletter', { reason: 'a wrong price' });
    const release = holdUp(app.dataSource);
    const reading = app.gate.refresh();
    expect(await app.send('newsletter', 1)).toMatchObject({ paused: 1 });
    release();
    await reading;
  });

  it('refuses what can’t be done, with a code', async () => {
    const { guard } = app;
    await expect(guard.pause('news', { reason: 'x' })).rejects.toMatchObject({
      code: 'SES_UNKNOWN_STREAM',
      message: '"news" is no stream of this module: use transactional, orders, newsletter',
    });
    await expect(guard.resume(7 as never)).rejects.toMatchObject({ code: 'SES_UNKNOWN_STREAM' });
    await expect(guard.pause('transactional', { reason: 'x' })).rejects.toMatchObject({
      code: 'SES_CRITICAL_STREAM',
    });
    await expect(guard.pause('newsletter', { reason: '' })).rejects.toMatchObject({
      code: 'SES_INVALID_PAUSE',
    });
    expect(await guard.resume('newsletter')).toMatchObject({ mode: 'open', cause: null });
    expect(await app.dataSource.manager.count(GuardState)).toBe(0);
  });
});

describe.each(databaseKinds())('an idempotencyKey and a paused stream on $name', ({ create }) => {
  let scene: GuardScene;
  let app: GuardApp;
  const message = { ...ANN, idempotencyKey: 'news-17' };
  beforeEach(async () => {
    scene = await GuardScene.open(create);
    app = await scene.start();
  });
  afterEach(() => scene.close());

  it('sends the repeat when the stream is open, once', async () => {
    await app.guard.pause('newsletter', { reason: 'a wrong price' });
    expect(await app.mailer.send(message)).toMatchObject({ status: 'paused' });
    expect(await app.mailer.send(message)).toMatchObject({ status: 'paused' });
    await app.guard.resume('newsletter');
    const first = await app.mailer.send(message);
    expect(first.status).toBe('sent');
    await app.guard.pause('newsletter', { reason: 'again' });
    // What was sent was sent: a pause since then does not change the first receipt.
    expect(await app.mailer.send(message)).toEqual(first);
    expect(scene.simulator.sent).toHaveLength(1);
  });
});
