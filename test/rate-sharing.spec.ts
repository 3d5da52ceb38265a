import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { StreamPriority } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { NOTHING_SHARED, type SharedRate } from '../libs/ses-reputation/src/rate/shared-rate.js';
import { RateWorld } from './support/rate-world.js';

const PRIORITY = fc.constantFrom<StreamPriority>('critical', 'normal', 'bulk');

describe('the rate that instances share', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is all of one instance that is alone', async () => {
    const world = new RateWorld();
    const instance = world.start();
    instance.sendMany(2_000, 'critical');
    await world.pass(10_000);
    expect(world.mostInASecond(0)).toBeLessThanOrEqual(100);
    expect(world.gone.length).toBeGreaterThan(900);
  });

  it('costs an idle instance neither a wait nor, after a minute, a question', async () => {
    const world = new RateWorld();
    const instance = world.start();
    expect(instance.queue.take(1, 'bulk')).toBeUndefined();
    instance.member.touch();
    await world.pass(90_000);
    expect(world.shared!.members).toEqual({});
    const { changes } = world;
    await world.pass(600_000);
    expect(world.changes).toBe(changes);
    expect(instance.queue.take(1, 'bulk')).toBeUndefined();
  });

  it('is never exceeded, whoever sends what, joins and leaves', async () => {
    const burst = fc.record({
      instance: fc.nat(3),
      afterMs: fc.nat(1_500),
      count: fc.integer({ min: 1, max: 150 }),
      priority: PRIORITY,
    });
    const property = fc.asyncProperty(
      fc.integer({ min: 4, max: 150 }),
      fc.array(burst, { minLength: 5, maxLength: 25 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 60 })),
      fc.nat(3),
      async (perSecond, bursts, latencies, leaving) => {
        const world = new RateWorld(() => latencies.next().value as number);
        world.figures = { perSecond, perDay: null, sentBefore: 0 };
        for (let n = 0; n < 4; n++) world.start().sendMany(1, 'critical');
        await world.pass(4_000);
        const from = performance.now();
        for (const { instance, afterMs, count, priority } of bursts) {
          await world.pass(afterMs);
          world.instances[instance]!.sendMany(count, priority);
        }
        world.instances[leaving]!.die();
        await world.pass(10_000);
        // Each of the four may round its share up to a whole email, before and after a change of it.
        expect(world.mostInASecond(from)).toBeLessThanOrEqual(perSecond + 2 * 4);
        for (const { queue, member } of world.instances) {
          queue.close();
          void member.leave();
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  }, 600_000);

  it.each([2, 10])(
    'is not stopped by a mail to fifty of an instance with a small share (%i instances)',
    async (count) => {
      const world = new RateWorld();
      world.figures = { perSecond: 14, perDay: null, sentBefore: 0 };
      const all = Array.from({ length: count }, () => world.start());
      for (const each of all) each.sendMany(1, 'critical');
      await world.pass(3_000);
      all[0]!.sendMany(1_000, 'bulk');
      for (let n = 0; n < 5; n++) {
        all[0]!.member.throttled(all[0]!.member.generation);
        await world.pass(1_000);
      }
      void all[1]!.send('critical', 50);
      await world.pass(30_000);
      const from = performance.now();
      all[0]!.sendMany(20, 'critical');
      all[1]!.sendMany(20, 'critical');
      await world.pass(20_000);
      const critical = world.gone.filter(({ at, priority }) => at >= from && priority === 'critical');
      expect(critical).toHaveLength(40);
    },
  );

  it('goes to those who have mail to send, and back', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    a.sendMany(1, 'bulk');
    b.sendMany(1, 'bulk');
    await world.pass(1_000);
    a.sendMany(10_000, 'bulk');
    await world.pass(5_000);
    expect(world.lastSecond(({ instance }) => instance === 0)).toBeGreaterThanOrEqual(80);
    b.sendMany(10_000, 'bulk');
    await world.pass(5_000);
    expect(world.lastSecond(({ instance }) => instance === 0)).toBeLessThanOrEqual(50);
    expect(world.lastSecond(({ instance }) => instance === 1)).toBeGreaterThanOrEqual(40);
    expect(world.mostInASecond(1_000)).toBeLessThanOrEqual(102);
  });

  it('goes to the others when one dies, and not before it can no longer send', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    a.sendMany(10_000, 'critical');
    b.sendMany(10_000, 'critical');
    await world.pass(10_000);
    expect(world.lastSecond(({ instance }) => instance === 1)).toBeLessThanOrEqual(51);
    a.die();
    await world.pass(3_000);
    expect(world.lastSecond(({ instance }) => instance === 1)).toBeLessThanOrEqual(51);
    await world.pass(5_000);
    expect(world.lastSecond(({ instance }) => instance === 1)).toBeGreaterThanOrEqual(95);
    expect(Object.keys(world.shared!.members)).toHaveLength(1);
  });

  it('lets critical mail of one instance go before bulk mail of the other', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    b.sendMany(1, 'critical');
    a.sendMany(10_000, 'bulk');
    await world.pass(5_000);
    // The first of it within what is kept for it, at once.
    expect(b.queue.take(1, 'critical')).toBeUndefined();
    b.sendMany(10_000, 'critical');
    await world.pass(4_000);
    expect(world.lastSecond(({ priority }) => priority === 'critical')).toBeGreaterThanOrEqual(90);
    expect(world.lastSecond(({ priority }) => priority === 'bulk')).toBeGreaterThan(0);
    expect(world.mostInASecond(1_000)).toBeLessThanOrEqual(102);
  });

  it('is halved for all when SES throttles one, once, and recovers', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    a.sendMany(20_000, 'critical');
    b.sendMany(20_000, 'critical');
    await world.pass(10_000);
    const { generation } = a.member;
    // Of all that was under way.
    for (let n = 0; n < 20; n++) for (const { member } of [a, b]) member.throttled(generation);
    await world.pass(1_500);
    expect(world.shared!.slow.generation).toBe(generation + 1);
    expect(world.lastSecond()).toBeLessThanOrEqual(62);
    await world.pass(500);
    expect(world.lastSecond(({ instance }) => instance === 1)).toBeLessThanOrEqual(31);
    const before = world.lastSecond();
    await world.pass(4_000);
    expect(world.lastSecond()).toBeGreaterThan(before + 10);
    await world.pass(10_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(95);
  });

  it('follows what SES says, and asks it for all once in 5 minutes', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    const sending = setInterval(() => [a, b].forEach((each) => each.sendMany(1, 'bulk')), 10_000);
    [a, b].forEach((each) => each.sendMany(1, 'bulk'));
    await world.pass(299_000);
    expect(world.asked).toBe(1);
    world.figures = { perSecond: 20, perDay: 1_000, sentBefore: 7 };
    await world.pass(6_000);
    clearInterval(sending);
    expect(world.asked).toBe(2);
    a.sendMany(500, 'critical');
    await world.pass(4_000);
    expect(world.lastSecond()).toBeLessThanOrEqual(20);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(17);
    expect(b.member.quota).toMatchObject({ most: 1_000 });
    expect(b.member.quota!.used).toBeGreaterThan(7 + 60);
  });

  it('believes no quota that SES has not told for an hour', async () => {
    const world = new RateWorld();
    world.figures = { perSecond: 100, perDay: 1_000, sentBefore: 990 };
    const a = world.start();
    const sending = setInterval(() => a.sendMany(1, 'critical'), 50_000);
    a.sendMany(1, 'critical');
    await world.pass(3_000_000);
    expect(a.member.quota!.used).toBeGreaterThan(990);
    world.figures = null;
    await world.pass(3_200_000);
    expect(a.member.quota).not.toBeNull();
    await world.pass(700_000);
    expect(a.member.quota).toBeNull();
    expect(world.shared!.account!.perSecond).toBe(100);
    world.figures = { perSecond: 100, perDay: 1_000, sentBefore: 500 };
    await world.pass(400_000);
    clearInterval(sending);
    expect(a.member.quota!.used).toBeLessThan(600);
  });

  it('is asked for sooner after SES has throttled, and no more than once in 10 seconds', async () => {
    const world = new RateWorld();
    const a = world.start();
    a.sendMany(1, 'bulk');
    await world.pass(11_000);
    for (let n = 0; n < 50; n++) {
      a.member.throttled(a.member.generation);
      await world.pass(100);
    }
    expect(world.asked).toBe(2);
  });

  it('is the one of the options where SES does not say, and the lower of the two where it does', async () => {
    const world = new RateWorld();
    world.figures = null;
    const a = world.start({ perSecond: 30 });
    a.sendMany(1_000, 'critical');
    await world.pass(6_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(28);
    expect(world.mostInASecond(0)).toBeLessThanOrEqual(30);
    world.figures = { perSecond: 100, perDay: null, sentBefore: 0 };
    a.member.learn(world.figures);
    await world.pass(3_000);
    expect(world.mostInASecond(0)).toBeLessThanOrEqual(30);
    a.member.learn({ ...world.figures, perSecond: 10 });
    await world.pass(3_000);
    expect(world.lastSecond()).toBeLessThanOrEqual(10);
  });

  it('is none where nobody says it, until SES throttles', async () => {
    const world = new RateWorld();
    world.figures = null;
    const a = world.start();
    a.sendMany(1, 'critical');
    await world.pass(3_000);
    a.sendMany(200, 'critical');
    await world.pass(10);
    expect(world.lastSecond()).toBe(200);
    a.member.throttled(a.member.generation);
    a.sendMany(10_000, 'critical');
    await world.pass(2_000);
    expect(world.lastSecond()).toBeGreaterThan(50);
    expect(world.lastSecond()).toBeLessThanOrEqual(130);
  });

  it('stays as it was last known while the store is down, and slows down by itself', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    a.sendMany(20_000, 'critical');
    b.sendMany(20_000, 'critical');
    await world.pass(5_000);
    world.isDown = true;
    await world.pass(20_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(95);
    expect(world.lastSecond()).toBeLessThanOrEqual(102);
    a.member.throttled(a.member.generation);
    await world.pass(2_000);
    expect(world.lastSecond(({ instance }) => instance === 0)).toBeLessThanOrEqual(40);
    world.isDown = false;
    await world.pass(20_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(95);
    expect(world.mostInASecond(1_000)).toBeLessThanOrEqual(102);
  });

  it('does not stop an instance that has never reached the store', async () => {
    const world = new RateWorld();
    world.isDown = true;
    const a = world.start({ perSecond: 40 });
    a.sendMany(1_000, 'critical');
    await world.pass(5_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(38);
    expect(world.lastSecond()).toBeLessThanOrEqual(40);
  });

  it('does not stop an instance that has been idle when the store goes down', async () => {
    const world = new RateWorld();
    const a = world.start();
    a.sendMany(1, 'critical');
    await world.pass(90_000);
    expect(world.shared!.members).toEqual({});
    world.isDown = true;
    a.sendMany(1_000, 'critical');
    await world.pass(5_000);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(95);
    expect(world.mostInASecond(0)).toBeLessThanOrEqual(102);
  });

  it('does not stop an instance that joined others when the store goes down', async () => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    a.sendMany(20_000, 'critical');
    await world.pass(5_000);
    b.sendMany(20, 'critical');
    // It is told that the other has all of the rate, and that one has not heard of it.
    await world.pass(12);
    world.isDown = true;
    const from = performance.now();
    await world.pass(20_000);
    const ofB = world.gone.filter(({ instance, at }) => instance === 1 && at >= from);
    expect(ofB.length).toBeGreaterThanOrEqual(10);
    expect(world.mostInASecond(from + 2_000)).toBeLessThanOrEqual(113);
  });

  it.each([
    {},
    { ...NOTHING_SHARED, slow: {} },
    { ...NOTHING_SHARED, members: { gone: { beat: 1 } } },
    { ...NOTHING_SHARED, account: { perSecond: 'many' } },
    [],
    'nonsense',
  ])('begins anew where what is shared can not be read: %j', async (damaged) => {
    const world = new RateWorld();
    const [a, b] = [world.start(), world.start()];
    world.shared = damaged as unknown as SharedRate;
    a.sendMany(1_000, 'critical');
    b.sendMany(1_000, 'critical');
    await world.pass(8_000);
    expect(Object.keys(world.shared!.members)).toHaveLength(2);
    expect(world.lastSecond()).toBeGreaterThanOrEqual(95);
    expect(world.lastSecond()).toBeLessThanOrEqual(102);
  });
});
