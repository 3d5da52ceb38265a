import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuardState } from '../libs/ses-reputation/src/guard/guard-state.entity.js';
import { databaseKinds } from './support/databases.js';
import { GuardScene, type GuardApp } from './support/guard-app.js';

const FAST = { check: { everyMs: 100 }, minimumVolume: 100, window: { volume: 200 } };

const changes = (app: GuardApp) => app.guardEvents.map(({ from, to, share }) => `${from} > ${to} ${share}`);

describe.each(databaseKinds())('the guard on $name', ({ name, create }) => {
  let scene: GuardScene;
  beforeEach(async () => {
    scene = await GuardScene.open(create);
  });
  afterEach(() => scene.close());

  async function listening(): Promise<GuardApp> {
    const app = await scene.start();
    await app.leads();
    await scene.simulator.subscribe(`${app.url}/ses/feedback`);
    return app;
  }

  it('pauses bulk mail at review, probes it, falls back, grows, and opens it again', async () => {
    const app = await listening();
    await app.send('transactional', 100);
    await app.send('newsletter', 8, 8);
    expect(await app.check()).toBe('review');
    expect(changes(app)).toEqual(['open > paused 0']);
    expect(app.guardEvents[0]).toMatchObject({
      id: 'guard:default:newsletter:1',
      stream: 'newsletter',
      cause: 'level',
      reason: 'the account is at level review: bounce rate 6.9 % (8 of 116 emails)',
      actor: null,
      until: expect.any(Date),
      enforced: true,
    });

    const until = app.guardEvents[0]!.until!;
    expect(await app.mailer.send({ to: 'ann@example.com', stream: 'newsletter', text: 'x' })).toEqual({
      status: 'paused',
      messageId: null,
      accepted: [],
      suppressed: [],
      paused: { reason: app.guardEvents[0]!.reason, since: app.guardEvents[0]!.at, until, level: 'review' },
    });
    expect(app.pausedEvents).toMatchObject([
      { stream: 'newsletter', address: 'ann@example.com', recipients: ['ann@example.com'], until },
    ]);
    expect(await app.send('transactional', 1)).toMatchObject({ sent: 1 });
    expect(await app.send('orders', 1)).toMatchObject({ sent: 1 });

    // The probe of a stream that is still bad.
    scene.minutes(15);
    await app.check();
    expect(changes(app).slice(1)).toEqual(['paused > probing 0.1']);
    scene.minutes(1);
    expect(await app.send('newsletter', 0, 40)).toMatchObject({ sent: 4, paused: 36 });
    await app.check();
    expect(changes(app).slice(2)).toEqual(['probing > paused 0']);
    expect(app.guardEvents[2]!.reason).toBe('the probe was bad: 4 hard bounces and 0 complaints of 4 emails');
    expect(app.guardEvents[2]!.until!.getTime() - app.guardEvents[2]!.at.getTime()).toBe(30 * 60_000);

    // And of one that has been cleaned.
    scene.minutes(30);
    await app.check();
    scene.minutes(1);
    expect(await app.send('newsletter', 300)).toMatchObject({ sent: 30, paused: 270 });
    await app.check();
    scene.minutes(5);
    expect(await app.check()).toBe('review');
    expect(changes(app).slice(3)).toEqual(['paused > probing 0.1', 'probing > probing 0.2']);

    await app.send('transactional', 170);
    expect(await app.check()).not.toBe('review');
    expect(changes(app).slice(5)).toEqual(['probing > open 1']);
    expect(await app.send('newsletter', 10)).toMatchObject({ sent: 10 });
    expect(await app.stateOf('newsletter')).toMatchObject({ mode: 'open', share: 1, cause: 'level' });
    expect(new Set(app.guardEvents.map(({ id }) => id)).size).toBe(6);
    expect(app.guardEvents.every(({ stream }) => stream === 'newsletter')).toBe(true);
  });

  it('counts what is let out: mail that is sent as soon as a probe begins is judged', async () => {
    const app = await listening();
    await app.send('transactional', 100);
    await app.send('newsletter', 8, 8);
    await app.check();
    scene.minutes(15);
    await app.check();
    expect((await app.stateOf('newsletter')).mode).toBe('probing');
    const { until } = (await app.mailer.send({ to: 'ann@example.com', stream: 'newsletter', text: 'x' }))
      .paused!;
    expect(await app.send('newsletter', 0, 60)).toMatchObject({ sent: 0, paused: 60 });
    scene.clock.aheadMs += until!.getTime() - scene.clock.now();
    expect(await app.send('newsletter', 0, 60)).toMatchObject({ sent: 6, paused: 54 });
    // No more than the cap of a round, and all of it is judged.
    expect(await app.send('newsletter', 540)).toMatchObject({ sent: 44, paused: 496 });
    await app.check();
    expect(app.guardEvents.at(-1)!.reason).toBe(
      'the probe was bad: 6 hard bounces and 0 complaints of 50 emails',
    );
  });

  it('pauses normal mail at pause too, and never critical mail', async () => {
    const app = await listening();
    await app.send('transactional', 100, 20);
    expect(await app.check()).toBe('pause');
    expect((await app.guard.states()).map(({ stream, mode }) => [stream, mode])).toEqual([
      ['transactional', 'open'],
      ['orders', 'paused'],
      ['newsletter', 'paused'],
    ]);
    expect(await app.send('orders', 1)).toMatchObject({ paused: 1 });
    expect(await app.send('transactional', 1)).toMatchObject({ sent: 1 });
    // Not even by a row of a time when the stream had another priority.
    const row = await app.dataSource.manager.findOneByOrFail(GuardState, { stream: 'orders' });
    await app.dataSource.manager.insert(GuardState, { ...row, stream: 'transactional' });
    await app.gate.refresh();
    expect(await app.send('transactional', 1)).toMatchObject({ sent: 1 });
    expect(await app.stateOf('transactional')).toMatchObject({ mode: 'open', share: 1, cause: null });
    await app.check();
    expect(app.guardEvents.some(({ stream }) => stream === 'transactional')).toBe(false);
  });

  it('is obeyed by another instance, and by one that starts later', async () => {
    const one = await scene.start({ reputation: FAST });
    const other = await scene.start({ reputation: FAST });
    await one.leads();
    await scene.simulator.subscribe(`${one.url}/ses/feedback`);
    await one.send('transactional', 100);
    await one.send('newsletter', 0, 8);
    // Nobody calls a check: the schedule does.
    while (!other.holds('newsletter') || !one.holds('newsletter')) await sleep(20);
    for (const app of [one, other]) expect(await app.send('newsletter', 1)).toMatchObject({ paused: 1 });
    const later = await scene.start({ reputation: FAST });
    expect(await later.send('newsletter', 1)).toMatchObject({ paused: 1 });

    await one.guard.resume('newsletter', { reason: 'looked at', actor: 'ann' });
    expect(await one.send('newsletter', 1)).toMatchObject({ sent: 1 });
    while (other.holds('newsletter')) await sleep(20);
    expect(await other.send('newsletter', 1)).toMatchObject({ sent: 1 });
    await other.guard.pause('orders', { reason: 'a wrong price' });
    expect(await other.send('orders', 1)).toMatchObject({ paused: 1 });
    while (!one.holds('orders')) await sleep(20);
    expect(await one.send('orders', 1)).toMatchObject({ paused: 1 });
    expect((await one.stateOf('newsletter')).mode).toBe('open');
  });

  it('loses no command that comes at the moment of a check', async () => {
    // On SQLite two data sources are two processes, which the tests of the store are about.
    const one = await listening();
    const other = name === 'SQLite' ? one : await scene.start();
    await one.send('transactional', 100, 8);
    for (let i = 0; i < 12; i++) {
      const checks = [one.check(), one.check()];
      await other.guard.pause('newsletter', { reason: `round ${i}`, actor: 'ann' });
      await Promise.all(checks);
      expect(await one.stateOf('newsletter')).toMatchObject({
        mode: 'paused',
        cause: 'manual',
        reason: `round ${i}`,
      });
      const more = [one.check(), other.guard.resume('newsletter'), one.check()];
      await Promise.all(more);
      // The level asks for a pause: the first resume hands over to it, the second one opens.
      expect(await one.stateOf('newsletter')).toMatchObject({ mode: 'paused', cause: 'level' });
      await Promise.all([one.check(), other.guard.resume('newsletter'), one.check()]);
      expect(await one.stateOf('newsletter')).toMatchObject({ mode: 'open', cause: 'manual' });
    }
    await one.settled();
    const ids = one.guardEvents.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const byHand = one.guardEvents.filter(({ actor }) => actor === 'ann');
    expect(byHand.map(({ reason }) => reason).toSorted()).toEqual(
      Array.from({ length: 12 }, (_, i) => `round ${i}`).toSorted(),
    );
  });

  it('takes first commands for one stream from two instances at once', async () => {
    const one = await listening();
    const other = name === 'SQLite' ? one : await scene.start();
    await Promise.all([
      one.guard.pause('newsletter', { reason: 'one' }),
      other.guard.pause('newsletter', { reason: 'other' }),
    ]);
    await one.settled();
    expect(one.guardEvents.map(({ id }) => id).toSorted()).toEqual([
      'guard:default:newsletter:1',
      'guard:default:newsletter:2',
    ]);
  });

  it('keeps its states over a restart', async () => {
    const before = await scene.start();
    const until = new Date(scene.clock.now() + 3_600_000);
    await before.guard.pause('orders', { reason: 'a wrong price', until, actor: 'ann' });
    const state = await before.stateOf('orders');
    await before.stop();
    const after = await scene.start();
    expect(await after.send('orders', 1)).toMatchObject({ paused: 1 });
    expect(await after.stateOf('orders')).toEqual(state);
    expect(state).toEqual({
      stream: 'orders',
      priority: 'normal',
      mode: 'paused',
      share: 0,
      cause: 'manual',
      reason: 'a wrong price',
      actor: 'ann',
      since: expect.any(Date),
      until,
      enforced: true,
    });
    scene.minutes(60);
    expect(await after.send('orders', 1)).toMatchObject({ sent: 1 });
    expect(await after.stateOf('orders')).toMatchObject({ mode: 'open', since: until, until: null });
    await after.leads();
    await after.check();
    expect(after.guardEvents.at(-1)).toMatchObject({ from: 'paused', to: 'open', cause: 'level' });
  });

  it('only tells what it would do in observe mode', async () => {
    const app = await scene.start({ guard: { mode: 'observe', probe: { volume: 20 } } });
    await app.leads();
    await scene.simulator.subscribe(`${app.url}/ses/feedback`);
    await app.send('transactional', 100, 8);
    await app.check();
    expect(app.guardEvents).toMatchObject([{ stream: 'newsletter', to: 'paused', enforced: false }]);
    expect(await app.guard.pause('orders', { reason: 'try' })).toMatchObject({
      mode: 'paused',
      enforced: false,
    });
    expect(await app.send('newsletter', 1)).toMatchObject({ sent: 1 });
    expect(await app.send('orders', 1)).toMatchObject({ sent: 1 });
    scene.minutes(15);
    await app.check();
    scene.minutes(1);
    expect(await app.send('newsletter', 20)).toMatchObject({ sent: 20 });
    await app.check();
    scene.minutes(2);
    await app.check();
    expect(app.guardEvents.filter(({ stream }) => stream === 'newsletter').map(({ share }) => share)).toEqual(
      [0, 0.05, 0.1],
    );
  });

  it('decides nothing when it is off', async () => {
    const app = await scene.start({ guard: { mode: 'off' } });
    await app.leads();
    await scene.simulator.subscribe(`${app.url}/ses/feedback`);
    await app.send('transactional', 100, 20);
    expect(await app.check()).toBe('pause');
    expect(await app.dataSource.manager.count(GuardState)).toBe(0);
    for (const act of [app.guard.pause('newsletter', { reason: 'x' }), app.guard.resume('newsletter')]) {
      await expect(act).rejects.toMatchObject({
        code: 'SES_GUARD_OFF',
        message: expect.stringContaining('guard.mode'),
      });
    }
    expect(await app.stateOf('newsletter')).toMatchObject({ mode: 'open', share: 1, enforced: false });
  });
});
