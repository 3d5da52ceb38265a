import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutboxEvent } from '../libs/ses-reputation/src/events/outbox-event.entity.js';
import { Lease } from '../libs/ses-reputation/src/leadership/lease.entity.js';
import type { DataSource } from 'typeorm';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { openDataSource } from './support/open-data-source.js';
import type { ShopOrders } from './support/shop-process.js';
import { until } from './support/sns-harness.js';

const HOOKS = new URL('support/ts-hooks.mjs', import.meta.url).href;
const SHOP = new URL('support/shop-process.ts', import.meta.url).pathname;
const LEASE_MS = 2_000;

/** One process, with what it has said so far. */
class ShopProcess {
  readonly said: Record<string, unknown>[] = [];
  readonly ended: Promise<unknown>;
  errors = '';
  private readonly child;

  constructor(orders: ShopOrders) {
    this.child = spawn(process.execPath, ['--no-warnings', '--import', HOOKS, SHOP, JSON.stringify(orders)]);
    this.child.stderr.on('data', (chunk) => (this.errors += String(chunk)));
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Record<string, unknown>);
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => signal ?? code);
  }

  /** Waits until it says something; throws if it ends without. */
  async says(name: string, times = 1): Promise<void> {
    const all = () => this.said.filter((line) => name in line);
    let end: unknown;
    void this.ended.then((how) => (end = how));
    await until(() => all().length >= times || end !== undefined);
    if (all().length < times) throw new Error(`it ended by ${String(end)} without "${name}": ${this.errors}`);
  }

  heard(): unknown[] {
    return this.said.flatMap(({ heard }) => heard ?? []);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<unknown> {
    this.child.kill(signal);
    return this.ended;
  }
}

describe.each(databaseKinds())('processes that are killed, on $name', (kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let amazon: Server;
  let asked: Map<string, number>;
  let running: ShopProcess[];

  beforeEach(async () => {
    database = await kind.create();
    dataSource = await openDataSource(database);
    running = [];
    asked = new Map();
    amazon = createServer(({ url = '' }, response) => {
      const [, process, ...rest] = url.split('/');
      if (rest.at(-1) === 'account') asked.set(process!, (asked.get(process!) ?? 0) + 1);
      const account = { EnforcementStatus: 'HEALTHY', SendingEnabled: true };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(account));
    });
    amazon.listen(0, '127.0.0.1');
    await once(amazon, 'listening');
  });
  afterEach(async () => {
    await Promise.all(running.map((each) => each.kill()));
    amazon.closeAllConnections();
    amazon.close();
    await dataSource.destroy();
    await database.drop();
  });

  function start(name: string, orders: Partial<ShopOrders> = {}): ShopProcess {
    const { port } = amazon.address() as AddressInfo;
    const shop = new ShopProcess({
      database: database.options,
      leaseMs: LEASE_MS,
      endpoint: `http://127.0.0.1:${port}/${name}`,
      checkEveryMs: false,
      suppress: [],
      dieAt: null,
      ...orders,
    });
    running.push(shop);
    return shop;
  }
  /** How often a process has asked how the account stands: once a check. */
  const checks = (name: string) => asked.get(name) ?? 0;
  const waiting = () => dataSource.manager.find(OutboxEvent, { order: { id: 'ASC' } });

  it('tell of what was committed, though killed before the event', async () => {
    const first = start('first', { suppress: ['ann@example.com'], dieAt: 'wake' });
    expect(await first.ended).toBe('SIGKILL');
    expect(first.said).toEqual([{ started: true }, { leads: 1 }]);
    const [row] = await waiting();
    expect(row).toMatchObject({ name: 'ses.suppression.added', key: 'ann@example.com', attempts: 0 });
    const { id } = JSON.parse(row!.payload) as { id: string };
    const second = start('second');
    await second.says('heard');
    await second.says('leads');
    expect(second.said).toContainEqual({ leads: 2 });
    expect(second.said).toContainEqual({ heard: 'ann@example.com', id });
    await until(async () => (await waiting()).length === 0);
  });

  it('lose nothing of a batch when killed in the middle of it', async () => {
    const people = Array.from({ length: 40 }, (_, n) => `ann-${n}@example.com`);
    const first = start('first', { suppress: people, dieAt: people[20]! });
    expect(await first.ended).toBe('SIGKILL');
    const rows = await waiting();
    expect(rows.map(({ key }) => key)).toContain(people[20]);
    const second = start('second');
    await second.says('heard', rows.length);
    await until(async () => (await waiting()).length === 0);
    // What was committed was heard, by one or by both.
    const heard = new Set([...first.heard(), ...second.heard()]);
    expect([...heard].toSorted()).toEqual(
      [...new Set([...rows.map(({ key }) => key), ...first.heard()])].toSorted(),
    );
    expect(second.heard()).toContain(people[20]);
  });

  it('deliver before they end, and hand over, when asked to end', async () => {
    const first = start('first', { suppress: ['ann@example.com'] });
    await first.says('suppressed');
    const second = start('second');
    await first.kill('SIGTERM');
    expect(first.heard()).toEqual(['ann@example.com']);
    await second.says('leads');
    expect(second.said).toContainEqual({ leads: 2 });
    expect(second.heard()).toEqual([]);
    expect(await waiting()).toEqual([]);
  });

  // An SQLite file is for one instance.
  (kind.name === 'SQLite' ? it.skip : it)(
    'check once a tick between them, and the other goes on within one lease time',
    async () => {
      const first = start('first', { checkEveryMs: 200 });
      await first.says('leads');
      const second = start('second', { checkEveryMs: 200 });
      await until(() => checks('first') >= 3);
      const { token, holder } = await dataSource.manager.findOneByOrFail(Lease, {});
      expect(checks('second')).toBe(0);
      await second.says('started');
      await until(() => checks('first') >= 25);
      expect(checks('second')).toBe(0);
      const killedAt = performance.now();
      await first.kill();
      await second.says('leads');
      const tookMs = performance.now() - killedAt;
      process.stderr.write(
        `${kind.name}: taken over ${Math.round(tookMs)} ms after kill -9, of a lease of ${LEASE_MS} ms\n`,
      );
      const after = await dataSource.manager.findOneByOrFail(Lease, {});
      expect(after.token).toBe(token + 1);
      expect(after.holder).not.toBe(holder);
      const asOfTheFirst = checks('first');
      await until(() => checks('second') >= 3);
      expect(checks('first')).toBe(asOfTheFirst);
      await second.kill('SIGTERM');
      expect((await dataSource.manager.findOneByOrFail(Lease, {})).holder).toBe('');
    },
  );
});
