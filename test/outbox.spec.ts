import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { DataSource } from 'typeorm';
import { OutboxEvent } from '../libs/ses-reputation/src/events/outbox-event.entity.js';
import type { OutboxLimits } from '../libs/ses-reputation/src/events/outbox-limits.js';
import { OutboxTable } from '../libs/ses-reputation/src/events/outbox-table.js';
import type { PendingEvent } from '../libs/ses-reputation/src/events/ses-events.js';
import { resolveOptions } from '../libs/ses-reputation/src/options/resolve-options.js';
import { Store } from '../libs/ses-reputation/src/store/store.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import { neverLeading, outboxParts, type OutboxParts } from './support/outbox.js';
import { until } from './support/sns-harness.js';
import { StoppedClock } from './support/suppression-harness.js';

const DAY = 86_400_000;
const RETRY = 300_000;

const raise = ({ outbox }: OutboxParts, ...events: PendingEvent[]) =>
  outbox.commit(async (_, raise) => raise(events));
const rowId = (n: number) => String(n).padStart(32, '0');
const stored = (n: number, key: string, dueMs: number): OutboxEvent => ({
  id: rowId(n),
  app: 'shop',
  name: 'ses.suppression.removed',
  key,
  payload: '{}',
  state: 'pending',
  attempts: 0,
  dueAt: new Date(dueMs),
  storedAt: new Date(0),
  error: null,
});
const ids = (heard: readonly { id: string }[]) => heard.map(({ id }) => id);

describe.each(databaseKinds())('the outbox on $name', (kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let clock: StoppedClock;
  let emitter: EventEmitter2;
  let opened: OutboxParts[];
  const said: { warn: string[]; error: string[] } = { warn: [], error: [] };

  beforeEach(async () => {
    database = await kind.create();
    dataSource = await openDataSource(database);
    clock = new StoppedClock();
    emitter = new EventEmitter2();
    opened = [];
    said.warn = [];
    said.error = [];
    Logger.overrideLogger({
      log() {},
      warn: (message) => void said.warn.push(String(message)),
      error: (message) => void said.error.push(String(message)),
    });
  });
  afterEach(async () => {
    for (const { dispatcher } of opened) await dispatcher.close();
    if (dataSource.isInitialized) await dataSource.destroy();
    await database.drop();
  });

  function instance(
    given: { app?: string; limits?: Partial<OutboxLimits>; leads?: boolean; on?: EventEmitter2 } = {},
  ): OutboxParts {
    const { app = 'shop', limits, leads = true, on = emitter } = given;
    const options = resolveOptions({
      app,
      feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
    });
    const parts = outboxParts(on, new Store(dataSource), clock, options, {
      limits,
      ...(leads ? {} : { leadership: neverLeading }),
    });
    opened.push(parts);
    return parts;
  }

  const table = () =>
    new OutboxTable(
      new Store(dataSource),
      clock,
      resolveOptions({
        app: 'shop',
        feedback: { topicArns: ['arn:aws:sns:us-east-1:123456789012:ses-feedback'] },
      }),
    );
  const removed = (id: string, address = 'ann@example.com'): PendingEvent => ({
    name: 'ses.suppression.removed',
    payload: { id, at: new Date(clock.nowMs), address, scope: '*', stream: null, actor: null },
  });
  const added = (id: string, address: string): PendingEvent => ({
    name: 'ses.suppression.added',
    payload: {
      id,
      at: new Date(clock.nowMs),
      address,
      scope: '*',
      stream: null,
      reason: 'manual',
      messageId: null,
    },
  });
  const rows = () => dataSource.manager.find(OutboxEvent, { order: { id: 'ASC' } });
  /** What listeners hear, and which ids they refuse. */
  function listen(on = emitter) {
    const heard: { id: string; address: string; at: Date }[] = [];
    const refused = new Set<string>();
    on.on('ses.suppression.removed', (event) => {
      heard.push(event);
      if (refused.has(event.id)) throw new Error(`no ${event.id}`);
    });
    return { heard, refused };
  }

  it('stores events with their cause, delivers them as they were raised, and keeps none that was taken', async () => {
    const { heard } = listen();
    const off = instance({ leads: false });
    const event = removed('é漢😀');
    await raise(off, event);
    expect(await rows()).toMatchObject([
      { app: 'shop', name: event.name, key: 'ann@example.com', state: 'pending', attempts: 0, error: null },
    ]);
    await off.dispatcher.drain();
    expect(heard).toEqual([]);
    await instance().dispatcher.drain();
    expect(heard).toEqual([event.payload]);
    expect(await rows()).toEqual([]);
  });

  it('stores nothing that the one who delivers would tell nobody', async () => {
    const shop = instance();
    const other = instance({ leads: false });
    await raise(shop, removed('a'), added('b', 'ann@example.com'));
    expect(await rows()).toEqual([]);
    // Who delivers it may have listeners.
    await raise(other, removed('c'));
    expect(await rows()).toHaveLength(1);
    const { heard } = listen();
    await raise(shop, removed('d'), added('e', 'ann@example.com'));
    await shop.dispatcher.drain();
    expect(ids(heard)).toEqual(['c', 'd']);
    const everything: string[] = [];
    emitter.onAny((_, { id }) => everything.push(id));
    await raise(shop, added('f', 'ann@example.com'));
    await shop.dispatcher.drain();
    expect(everything).toEqual(['f']);
  });

  it('raises nothing of a transaction that fails, and nothing twice of one that is repeated', async () => {
    const { heard } = listen();
    const shop = instance();
    let runs = 0;
    await expect(
      shop.outbox.commit(async (_, raise) => {
        raise([removed('lost')]);
        throw new Error('no');
      }),
    ).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE' });
    await shop.outbox.commit(async (_, raise) => {
      raise([removed(`run ${++runs}`)]);
      if (runs === 1) throw Object.assign(new Error('first'), { code: '40001' });
    });
    await shop.dispatcher.drain();
    expect(ids(heard)).toEqual(['run 2']);
  });

  it('delivers the events of one address in order, past those of others, whatever fails', async () => {
    const { heard, refused } = listen();
    const shop = instance();
    for (const id of ['a1', 'a2', 'b1', 'a3']) refused.add(id);
    await raise(shop, removed('a1', 'Ann@example.com'), removed('b1', 'bob@example.com'));
    await raise(shop, removed('a2', 'ANN@example.com'), removed('c1', 'cid@example.com'), removed('a3'));
    await shop.dispatcher.drain();
    expect(ids(heard).toSorted()).toEqual(['a1', 'b1', 'c1']);
    // Not before it is due; and what comes meanwhile stays behind.
    await raise(shop, removed('a4'), removed('c2', 'cid@example.com'));
    await shop.dispatcher.drain();
    expect(ids(heard.splice(0)).slice(3)).toEqual(['c2']);
    refused.clear();
    clock.nowMs += RETRY;
    await shop.dispatcher.drain();
    expect(ids(heard).filter((id) => id !== 'b1')).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect(ids(heard)).toContain('b1');
    expect(await rows()).toEqual([]);
  });

  it('keeps the order while listeners take their time and events come in', async () => {
    const heard: string[] = [];
    emitter.on('ses.suppression.removed', async ({ id }) => {
      await sleep(Math.random() * 4);
      heard.push(id);
      if (Math.random() < 0.2) throw new Error('at times');
    });
    const shop = instance({ limits: { firstRetryMs: 1, longestRetryMs: 1, attempts: 1_000, page: 7 } });
    const people = ['ann', 'bob', 'cid', 'dan'];
    for (let n = 10; n < 40; n++) {
      await raise(shop, ...people.map((name) => removed(`${name}${n}`, `${name}@example.com`)));
      clock.nowMs += 2;
    }
    while ((await shop.service.counts()).pending > 0) {
      clock.nowMs += 10;
      await shop.dispatcher.drain();
    }
    for (const name of people) {
      const own = heard.filter((id) => id.startsWith(name));
      expect(own).toEqual(own.toSorted());
      expect(new Set(own).size).toBe(30);
    }
  });

  it('passes over no event that was put off to a place it has been past', async () => {
    await dataSource.manager.insert(OutboxEvent, [
      stored(1, 'dan@example.com', 6),
      stored(2, 'xia@example.com', clock.nowMs + 1_000),
      stored(3, 'dan@example.com', 0),
      stored(4, 'xia@example.com', 6),
      stored(5, 'dan@example.com', 6),
    ]);
    const { rows: due } = await table().due([rowId(1)], 2);
    expect(due.map((row) => row.id)).toEqual([rowId(3), rowId(5)]);
  });

  it('lets none go past one of its key that is put off, though both are due', async () => {
    // The second was put off to the first's second attempt, the third, raised since, to its third.
    await dataSource.manager.insert(OutboxEvent, [
      stored(1, 'cid@example.com', 9),
      stored(2, 'cid@example.com', 3),
      stored(3, 'cid@example.com', 9),
    ]);
    const first = await table().due([], 7);
    expect(first.rows.map((row) => row.id)).toEqual([rowId(1)]);
    const rest = await table().due([rowId(1)], 7);
    expect(rest.rows.map((row) => row.id)).toEqual([rowId(2), rowId(3)]);
  });

  it('tries again later and later, only where it failed, and gives up in the end', async () => {
    const { heard, refused } = listen();
    const other = jest.fn();
    emitter.onAny(other);
    const shop = instance();
    refused.add('a1');
    await raise(shop, removed('a1'), removed('a2'));
    const waits: number[] = [];
    for (let n = 1; n <= 12; n++) {
      await shop.dispatcher.drain();
      expect(heard).toHaveLength(n === 12 ? 13 : n);
      const [row] = await rows();
      expect(row).toMatchObject({ attempts: n, error: 'Error: no a1', state: n === 12 ? 'dead' : 'pending' });
      waits.push(row!.dueAt.getTime() - clock.nowMs);
      clock.nowMs = row!.dueAt.getTime();
    }
    expect(waits[0]).toBeGreaterThanOrEqual(750);
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    // The last two are as long as they get, each with its own random part.
    expect(waits.slice(0, 9)).toEqual(waits.slice(0, 9).toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBeLessThanOrEqual(RETRY);
    // A dead one holds up nobody.
    expect(ids(heard).slice(11)).toEqual(['a1', 'a2']);
    expect(other).toHaveBeenCalledTimes(2);
    const [row] = await rows();
    expect(said.error.at(-1)).toContain(`Gave up on the event ${row!.id} (ses.suppression.removed)`);
    expect(await shop.service.counts()).toEqual({ pending: 0, dead: 1, oldestPendingAt: null });
  });

  it('lists what is dead a page at a time, delivers it again, and discards it', async () => {
    const { heard, refused } = listen();
    const shop = instance({ limits: { attempts: 1 } });
    const all = Array.from({ length: 25 }, (_, n) => removed(`e${n + 10}`, `ann-${n}@example.com`));
    for (const { payload } of all) refused.add(payload.id);
    await raise(shop, ...all);
    await shop.dispatcher.drain();
    const diedAt = new Date(clock.nowMs);
    const listed = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof shop.service.dead>> = await shop.service.dead({
        cursor,
        limit: 10,
      });
      listed.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(listed.map(({ payload }) => payload)).toEqual(all.map(({ payload }) => payload));
    expect(listed[0]).toMatchObject({ attempts: 1, error: 'Error: no e10', storedAt: diedAt, diedAt });
    refused.clear();
    heard.length = 0;
    const [first, second, third] = listed.map(({ id }) => id);
    expect(await shop.service.retry([first!, first!, 'unknown', 'f'.repeat(32)])).toBe(1);
    expect(await shop.service.retry([first!])).toBe(0);
    expect(await shop.service.discard([second!, third!])).toBe(2);
    await shop.dispatcher.drain();
    expect(ids(heard)).toEqual(['e10']);
    expect(await shop.service.counts()).toMatchObject({ pending: 0, dead: 22 });
    await expect(shop.service.dead({ limit: 0 })).rejects.toMatchObject({ code: 'SES_INVALID_OUTBOX_PAGE' });
    await expect(shop.service.dead({ cursor: 'x' })).rejects.toMatchObject({
      code: 'SES_INVALID_OUTBOX_PAGE',
    });
  });

  it('prunes what has been dead as long as feedback is kept', async () => {
    const { refused } = listen();
    const shop = instance({ limits: { attempts: 1 } });
    refused.add('old').add('new');
    await raise(shop, removed('old'));
    await shop.dispatcher.drain();
    clock.nowMs += 45 * DAY;
    await raise(shop, removed('new'));
    await shop.dispatcher.drain();
    const waiting = instance({ leads: false });
    await raise(waiting, removed('waiting'));
    clock.nowMs += 45 * DAY + 1;
    await shop.service.prune();
    expect((await rows()).map(({ payload }) => (JSON.parse(payload) as { id: string }).id)).toEqual([
      'new',
      'waiting',
    ]);
  });

  it('counts what waits, and since when', async () => {
    const shop = instance({ leads: false });
    const since = new Date(clock.nowMs);
    await raise(shop, removed('a'));
    clock.nowMs += DAY;
    await raise(shop, removed('b'), removed('c'));
    expect(await shop.service.counts()).toEqual({ pending: 3, dead: 0, oldestPendingAt: since });
  });

  it('delivers its own events only, where applications share a database', async () => {
    const { heard } = listen();
    const blogs = new EventEmitter2();
    const blogHeard = listen(blogs).heard;
    const shop = instance();
    const blog = instance({ app: 'blog', on: blogs });
    await raise(shop, removed('of the shop'));
    await raise(blog, removed('of the blog'));
    for (const { dispatcher } of [shop, blog]) await dispatcher.drain();
    expect([ids(heard), ids(blogHeard)]).toEqual([['of the shop'], ['of the blog']]);
  });

  it('does not let a listener that hangs hold up others, and bounds what is in memory', async () => {
    const heard: string[] = [];
    emitter.on('ses.suppression.removed', ({ id }) => {
      heard.push(id);
      return id.startsWith('hang') ? new Promise(() => undefined) : undefined;
    });
    const shop = instance({ limits: { page: 10, inFlight: 20, listenerMs: 300 } });
    const hanging = Array.from({ length: 15 }, (_, n) => removed(`hang${n}`, `hang-${n}@example.com`));
    await raise(shop, ...hanging, removed('behind', 'hang-0@example.com'));
    await raise(shop, ...Array.from({ length: 100 }, (_, n) => removed(`quick${n}`, `q-${n}@example.com`)));
    await until(() => heard.filter((id) => id.startsWith('quick')).length === 100);
    expect(heard).not.toContain('behind');
    await shop.dispatcher.drain();
    expect(await rows()).toHaveLength(16);
    expect((await rows())[0]!.error).toMatch(/not settled within 300 ms/);
    clock.nowMs += RETRY;
    await shop.dispatcher.drain();
    expect(heard.filter((id) => id.startsWith('hang'))).toHaveLength(15);
  });

  it('lets no hanging listener of one event hold up those of another, and alarms come first', async () => {
    const heard: string[] = [];
    emitter.on('ses.suppression.removed', () => new Promise(() => undefined));
    emitter.on('ses.feedback.subscribed', ({ id }) => heard.push(id));
    emitter.on('ses.suppression.added', ({ id }) => heard.push(id));
    const shop = instance({ leads: false, limits: { page: 10, inFlight: 20, listenerMs: 300 } });
    await raise(shop, ...Array.from({ length: 60 }, (_, n) => removed(`hang${n}`, `hang-${n}@example.com`)));
    await raise(shop, added('free', 'ann@example.com'), added('behind', 'hang-59@example.com'));
    const topicArn = 'arn:aws:sns:eu-west-1:123456789012:ses-feedback';
    await raise(shop, {
      name: 'ses.feedback.subscribed',
      payload: { id: 'alarm', at: new Date(clock.nowMs), topicArn },
    });
    const next = instance({ limits: { page: 10, inFlight: 20, listenerMs: 300 } });
    next.dispatcher.wake();
    await until(() => heard.includes('free'));
    expect(heard).toEqual(['alarm', 'free']);
    await next.dispatcher.drain();
  });

  it('keeps the order, and no event waiting, where the clock is put back', async () => {
    const { heard, refused } = listen();
    const shop = instance();
    shop.dispatcher.onApplicationBootstrap();
    refused.add('first');
    await raise(shop, removed('first'));
    await shop.dispatcher.drain();
    clock.nowMs -= 10 * 3_600_000;
    await raise(shop, removed('second'));
    await shop.dispatcher.drain();
    expect(ids(heard)).not.toContain('second');
    refused.clear();
    await until(async () => {
      const [row] = await rows();
      return row !== undefined && row.dueAt.getTime() <= clock.nowMs + RETRY;
    });
    clock.nowMs += RETRY;
    await shop.dispatcher.drain();
    expect(ids(heard).slice(-2)).toEqual(['first', 'second']);
    await shop.dispatcher.close();
  });

  it('delivers thousands, each once', async () => {
    const { heard } = listen();
    const shop = instance();
    const all = Array.from({ length: 2_500 }, (_, n) => removed(`e${n}`, `ann-${n % 900}@example.com`));
    await raise(shop, ...all);
    await shop.dispatcher.drain();
    expect(ids(heard).toSorted()).toEqual(all.map(({ payload }) => payload.id).toSorted());
    expect(await rows()).toEqual([]);
  });

  it('raises at once, and stores nowhere, what must not be stored', async () => {
    const { heard } = listen();
    const off = instance({ leads: false });
    await raise(
      off,
      { ...removed('gone'), unstored: true } as PendingEvent,
      removed('kept', 'bob@example.com'),
    );
    expect(ids(heard)).toEqual(['gone']);
    expect(await rows()).toMatchObject([{ key: 'bob@example.com' }]);
  });

  it('calls nobody again for a result that the database did not take, and says so once', async () => {
    const { heard, refused } = listen();
    const shop = instance();
    let leave: (() => void) | undefined;
    emitter.once('ses.suppression.removed', () => new Promise<void>((resolve) => (leave = resolve)));
    refused.add('failed');
    await raise(shop, removed('taken'), removed('failed', 'bob@example.com'));
    await until(() => heard.length === 2 && leave !== undefined);
    await dataSource.query('ALTER TABLE ses_outbox_event RENAME TO away');
    leave!();
    await until(() => said.warn.length > 0);
    shop.dispatcher.wake();
    await dataSource.query('ALTER TABLE away RENAME TO ses_outbox_event');
    await shop.dispatcher.drain();
    expect(ids(heard)).toEqual(['taken', 'failed']);
    expect(await rows()).toMatchObject([{ attempts: 1, error: 'Error: no failed' }]);
    expect(said.warn).toHaveLength(1);
  });

  it('waits for what is under way when the application closes, but not for ever', async () => {
    const finished: string[] = [];
    emitter.on('ses.suppression.removed', async ({ id }) => {
      if (id === 'hangs') await new Promise(() => undefined);
      await sleep(30);
      finished.push(id);
    });
    const shop = instance({ limits: { closingMs: 400 } });
    await raise(shop, removed('a1'), removed('a2'), removed('hangs', 'bob@example.com'));
    await shop.dispatcher.close();
    expect(finished).toEqual(['a1', 'a2']);
    expect(await rows()).toMatchObject([{ key: 'bob@example.com', attempts: 0 }]);
    await raise(shop, removed('a3'));
    await shop.dispatcher.drain();
    expect(finished).toEqual(['a1', 'a2']);
    const next = instance({ limits: { listenerMs: 100 } });
    await next.dispatcher.drain();
    expect(finished).toEqual(['a1', 'a2', 'a3']);
  });
});
