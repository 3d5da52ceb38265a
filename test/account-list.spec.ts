import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { SesAccountList } from '../libs/ses-reputation/src/account-list/ses-account-list.js';
import { SES_REPUTATION_ENTITIES } from '../libs/ses-reputation/src/entities.js';
import { SES_CLIENT } from '../libs/ses-reputation/src/ses/tokens.js';
import {
  type AccountListInstance,
  AccountListScene,
  AmazonsList,
  DAY,
  NoPace,
  startInstance,
} from './support/account-list.js';
import { databaseKinds } from './support/databases.js';
import { neverLeading } from './support/outbox.js';
import type { StoppedClock } from './support/suppression-harness.js';

const eraseKey = 'a secret of the tests';

describe.each(databaseKinds())('the account list on $name', (kind) => {
  let scene: AccountListScene;
  let first: AccountListInstance;
  let second: AccountListInstance;
  let amazon: AmazonsList;
  let clock: StoppedClock;

  beforeAll(async () => {
    const options = { suppression: { eraseKey } };
    // One of them delivers events.
    scene = await AccountListScene.open(kind, { options }, { options, leadership: neverLeading });
    ({ amazon, clock } = scene);
    [first, second] = scene.instances as [AccountListInstance, AccountListInstance];
  });
  beforeEach(async () => {
    clock.nowMs += DAY;
    amazon.simulator.fail(null);
    await amazon.clear();
    await scene.forget();
    for (const { pace } of scene.instances) (pace as NoPace).pauses.length = 0;
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => scene?.close());

  it('tells every spelling of a mailbox apart at Amazon, and none of them here', async () => {
    await amazon.put('BOUNCE', 'Ann@Example.com', 'ann@example.com', 'a.nn@example.com', 'ann+x@example.com');
    expect(await first.sync.pull()).toMatchObject({ seen: 4, added: 3 });
    expect(await first.suppressed()).toEqual([
      'a.nn@example.com * account-list',
      'ann+x@example.com * account-list',
      'ann@example.com * account-list',
    ]);
    clock.nowMs += DAY;
    await first.suppression.release('ANN@example.com');
    clock.nowMs += 1_000;
    expect(await first.sync.push()).toMatchObject({ deleted: 2, pushed: 0, complete: true });
    expect(await amazon.entries()).toEqual(['a.nn@example.com BOUNCE', 'ann+x@example.com BOUNCE']);
    expect((await first.mirror()).map(({ address }) => address)).toEqual([
      'a.nn@example.com',
      'ann+x@example.com',
    ]);
  });

  it('keeps a mailbox suppressed until its last spelling has vanished', async () => {
    await amazon.put('BOUNCE', 'Ann@Example.com', 'ann@example.com');
    await first.sync.pull();
    clock.nowMs += DAY;
    await amazon.delete('ann@example.com');
    expect(await first.sync.pull()).toMatchObject({ removed: 0, complete: true });
    expect(await first.suppressed()).toEqual(['ann@example.com * account-list']);
    await amazon.delete('Ann@Example.com');
    expect(await first.sync.pull()).toMatchObject({ removed: 1, complete: true });
    expect(await first.suppressed()).toEqual([]);
    expect((await first.suppression.history('ann@example.com')).at(-1)).toMatchObject({
      action: 'expired',
      reason: 'account-list',
      actor: 'account-list',
      note: 'SES lists it no more',
    });
    expect((await scene.raised()).map((event) => event.split(' ')[0])).toEqual([
      'ses.suppression.added',
      'ses.suppression.removed',
    ]);
  });

  it('passes over what it can’t read, and tells of it', async () => {
    const odd = 'ann@-example-.com';
    await amazon.put('COMPLAINT', 'ann@example.com');
    jest.spyOn(first.app.get(SesAccountList, { strict: false }), 'page').mockResolvedValueOnce({
      value: {
        entries: [odd, 'bob@example.com', 'x'.repeat(5_000), 'nul\u0000@example.com', ''].map((address) => {
          return { address, reason: 'BOUNCE', updatedAt: null };
        }),
        next: null,
      },
    });
    const result = await first.sync.pull();
    expect(result).toMatchObject({ seen: 5, added: 1, complete: true });
    expect(result.rejected.map(({ address }) => address.length).toSorted()).toEqual([0, 16, 17, 320]);
    expect(await first.mirror()).toHaveLength(5);
    expect(await first.suppressed()).toEqual(['bob@example.com * account-list']);
  });

  it('pushes hard bounces and complaints in their own spelling, and nothing else', async () => {
    const { suppression, sync } = first;
    await suppression.suppress('Hard@Example.com', { reason: 'hard-bounce' });
    await suppression.suppress('"odd one"@example.com', { reason: 'complaint' });
    await suppression.suppress('ann@bücher.example', { reason: 'complaint' });
    await suppression.suppress('by.hand@example.com', { reason: 'manual' });
    await suppression.suppress('opted.out@example.com', { reason: 'unsubscribe' });
    await suppression.suppress('soft@example.com', { reason: 'soft-bounces' });
    await suppression.suppress('listed@example.com', { reason: 'account-list' });
    await suppression.suppress('one.stream@example.com', { reason: 'complaint', scope: 'transactional' });
    const expiresAt = new Date(clock.nowMs + DAY);
    await suppression.suppress('for.a.while@example.com', { reason: 'hard-bounce', expiresAt });
    await suppression.suppress('bounce@simulator.amazonses.com', { reason: 'hard-bounce' });
    await suppression.suppress('erased@example.com', { reason: 'complaint' });
    await suppression.erase('erased@example.com');
    expect(await sync.push()).toMatchObject({ pushed: 3, deleted: 0, rejected: [], complete: true });
    expect(await amazon.entries()).toEqual([
      '"odd one"@example.com COMPLAINT',
      'Hard@Example.com BOUNCE',
      'ann@xn--bcher-kva.example COMPLAINT',
    ]);
    first.calls.length = 0;
    expect(await sync.push()).toMatchObject({ pushed: 0, deleted: 0, complete: true });
    expect(first.calls).toEqual([]);
    expect(await sync.pull()).toMatchObject({ seen: 3, added: 0 });
  });

  it('passes over what SES refuses, and tries it again when asked to', async () => {
    const { suppression, sync } = first;
    const bad = 'ann@under_score.example';
    await suppression.suppress(bad, { reason: 'hard-bounce' });
    await suppression.suppress('bob@example.com', { reason: 'hard-bounce' });
    const result = await sync.push();
    expect(result).toMatchObject({ pushed: 1, complete: true, rejected: [{ address: bad }] });
    expect(result.rejected[0]!.why).toMatch(/^SES would not take it: BadRequestException: /);
    expect(await sync.status()).toMatchObject({ listed: 1, refused: 1 });
    first.calls.length = 0;
    clock.nowMs += DAY;
    expect(await sync.sync()).toMatchObject({ pushed: 0, rejected: [], complete: true });
    expect(first.calls).toEqual(['ListSuppressedDestinations']);
    expect(await sync.push({ retryRefused: true })).toMatchObject({ rejected: [{ address: bad }] });
  });

  it('puts nothing from the sandbox, and says so', async () => {
    const sandbox = await AmazonsList.start(clock, { productionAccess: false });
    const instance = await startInstance(scene.database, sandbox);
    await instance.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    await instance.suppression.suppress('bob@example.com', { reason: 'hard-bounce' });
    const result = await instance.sync.push();
    expect(result).toMatchObject({ complete: false, stopped: { reason: 'sandbox' }, rejected: [] });
    expect(instance.calls).toEqual(['PutSuppressedDestination', 'GetAccount']);
    expect((await instance.sync.status()).idle).toEqual([
      { operation: 'PutSuppressedDestination', reason: 'sandbox', until: new Date(clock.nowMs + DAY) },
    ]);
    await instance.close();
    await sandbox.stop();
  });

  it('deletes what was released, also where Amazon has it no more', async () => {
    const { suppression, sync } = first;
    await amazon.put('BOUNCE', 'ann@example.com', 'bob@example.com');
    await sync.pull();
    clock.nowMs += 1_000;
    await suppression.release('ann@example.com');
    await suppression.release('bob@example.com');
    await amazon.delete('bob@example.com');
    expect(await sync.push()).toMatchObject({ deleted: 2, complete: true });
    expect(await amazon.entries()).toEqual([]);
    expect(await first.mirror()).toEqual([]);
  });

  it('repeats one call at most after a crash', async () => {
    const { suppression, sync } = first;
    for (let i = 0; i < 5; i++) await suppression.suppress(`a${i}@example.com`, { reason: 'hard-bounce' });
    const ended = new AbortController();
    const stop = ({ pushed }: { pushed: number }) => pushed === 2 && ended.abort();
    expect(await sync.push({ signal: ended.signal, onProgress: stop })).toMatchObject({
      pushed: 2,
      complete: false,
    });
    amazon.simulator.fail({
      sesOutage: { kind: 'cut-after', calls: 1, operations: ['PutSuppressedDestination'] },
    });
    expect(await second.sync.push()).toMatchObject({ pushed: 0, stopped: { reason: 'unavailable' } });
    expect(await second.sync.push()).toMatchObject({ pushed: 3, complete: true });
    expect(second.calls).toHaveLength(4);
    expect(await amazon.entries()).toHaveLength(5);
  });

  it('is pushed once by two instances at a time', async () => {
    const addresses = Array.from({ length: 30 }, (_, i) => `a${i}@example.com`);
    for (const address of addresses) await first.suppression.suppress(address, { reason: 'complaint' });
    await Promise.all([first.sync.push(), second.sync.push()]);
    expect(await amazon.entries()).toHaveLength(30);
    expect(await first.mirror()).toHaveLength(30);
    // The one that was taken over from may have had one call under way.
    expect(first.calls.length + second.calls.length).toBeLessThanOrEqual(31);
    expect((await first.sync.status()).running).toBe(false);
  });

  it('takes back what was released while it was put on Amazon’s list', async () => {
    await first.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    const list = first.app.get(SesAccountList, { strict: false });
    const put = list.put.bind(list);
    jest.spyOn(list, 'put').mockImplementationOnce(async (...args) => {
      const answer = await put(...args);
      await second.suppression.release('ann@example.com');
      return answer;
    });
    expect(await first.sync.push()).toMatchObject({ pushed: 1, deleted: 1, complete: true });
    expect(await amazon.entries()).toEqual([]);
  });

  it.each([
    ['ListSuppressedDestinations', { pushed: 1, deleted: 1, added: 0 }],
    ['DeleteSuppressedDestination', { pushed: 1, deleted: 0, added: 1 }],
    ['PutSuppressedDestination', { pushed: 0, deleted: 1, added: 1 }],
  ])('does the rest where IAM forbids %s', async (operation, done) => {
    const { suppression, sync } = first;
    await amazon.put('BOUNCE', 'released@example.com');
    await sync.pull();
    clock.nowMs += 1_000;
    await suppression.release('released@example.com');
    await suppression.suppress('hard@example.com', { reason: 'hard-bounce' });
    await amazon.put('BOUNCE', 'new@example.com');
    amazon.simulator.fail({ denied: [operation] });
    const result = await sync.sync();
    expect(result).toMatchObject({ ...done, complete: false, stopped: { reason: 'denied' } });
    expect(result.stopped!.message).toContain(`IAM forbids ses:${operation}`);
    expect((await sync.status()).idle).toEqual([
      { operation, reason: 'denied', until: new Date(clock.nowMs + DAY) },
    ]);
    amazon.simulator.fail(null);
    expect(await sync.sync()).toMatchObject({ complete: true });
    expect((await sync.status()).idle).toEqual([]);
  });

  it('backs off while SES throttles, without the SDK’s own retries, and in the end leaves it to the next run', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    const { pauses } = first.pace as NoPace;
    const busy = { name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } };
    const send = jest.spyOn(first.app.get<SESv2Client>(SES_CLIENT, { strict: false }), 'send');
    send.mockImplementationOnce(() => Promise.reject(Object.assign(new Error('Rate exceeded'), busy)));
    send.mockImplementationOnce(() => Promise.reject(Object.assign(new Error('Rate exceeded'), busy)));
    expect(await first.sync.pull()).toMatchObject({ added: 1, complete: true });
    const backOffs = pauses.filter((ms) => ms > 1_000);
    expect(backOffs.length).toBeGreaterThanOrEqual(1);
    send.mockImplementation(() => Promise.reject(Object.assign(new Error('Rate exceeded'), busy)));
    expect(await first.sync.pull()).toMatchObject({ complete: false, stopped: { reason: 'throttled' } });
    send.mockRestore();
    expect(await first.sync.pull()).toMatchObject({ complete: true });
  });

  it('stops at an outage, and goes on there', async () => {
    await amazon.put('BOUNCE', 'ann@example.com');
    amazon.simulator.fail({ sesOutage: true });
    expect(await first.sync.sync()).toMatchObject({ complete: false, stopped: { reason: 'unavailable' } });
    // Once: the SDK would have tried three times.
    expect(first.calls).toEqual(['ListSuppressedDestinations']);
    amazon.simulator.fail(null);
    expect(await first.sync.sync()).toMatchObject({ added: 1, complete: true });
  });

  it('never writes an erased address down again', async () => {
    const { suppression, sync } = first;
    await amazon.put('COMPLAINT', 'Ann@example.com', 'ann@example.com');
    await sync.pull();
    await suppression.erase('ann@example.com');
    const everything = async () => {
      const tables = SES_REPUTATION_ENTITIES.map((entity) => first.dataSource.getRepository(entity).find());
      return JSON.stringify(await Promise.all(tables)).toLowerCase();
    };
    await scene.raised();
    expect(await first.mirror()).toEqual([]);
    expect(await everything()).not.toContain('ann@example.com');
    clock.nowMs += DAY;
    expect(await sync.sync()).toMatchObject({ seen: 2, added: 0, complete: true });
    expect(await everything()).not.toContain('ann@example.com');
    expect(await suppression.isSuppressed('ann@example.com')).toBe(true);
    expect(await amazon.entries()).toHaveLength(2);
  });

  it('refuses an option that it does not know', async () => {
    expect(() => first.sync.pull({ onprogress: () => undefined } as never)).toThrow(
      '"onprogress" is no option',
    );
  });
});
