import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  ListSuppressedDestinationsCommand,
  type ListSuppressedDestinationsCommandInput,
  type SESv2Client,
} from '@aws-sdk/client-sesv2';
import { SES_CLIENT } from '../libs/ses-reputation/src/ses/tokens.js';
import { type AccountListInstance, AccountListScene, AmazonsList, DAY } from './support/account-list.js';
import { databaseKinds } from './support/databases.js';
import type { StoppedClock } from './support/suppression-harness.js';

const people = (count: number, name = 'person') =>
  Array.from({ length: count }, (_, i) => `${name}${i}@example.com`);

describe.each(databaseKinds())('what is not to be believed of SES’s list, on $name', (kind) => {
  let scene: AccountListScene;
  let list: AccountListInstance;
  let client: SESv2Client;
  let amazon: AmazonsList;
  let clock: StoppedClock;

  beforeAll(async () => {
    scene = await AccountListScene.open(kind, {});
    ({ amazon, clock } = scene);
    list = scene.instances[0]!;
    client = list.app.get<SESv2Client>(SES_CLIENT, { strict: false });
  });
  beforeEach(async () => {
    clock.nowMs += DAY;
    await scene.forget();
    list.said.warnings.length = 0;
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => scene?.close());

  /** SES answers so, and is not asked. */
  function answering(answer: (input: ListSuppressedDestinationsCommandInput, call: number) => unknown): void {
    let call = 0;
    jest.spyOn(client, 'send').mockImplementation(async (command: unknown) => {
      return answer((command as ListSuppressedDestinationsCommand).input, ++call) as never;
    });
  }

  /** Lists these, long since. */
  function listing(addresses: readonly string[]): void {
    const LastUpdateTime = new Date(clock.nowMs - 30 * DAY);
    const summaries = addresses.map((EmailAddress) => ({ EmailAddress, Reason: 'BOUNCE', LastUpdateTime }));
    answering(() => ({ SuppressedDestinationSummaries: summaries }));
  }

  const regionIs = (region: string) => jest.spyOn(client.config, 'region').mockResolvedValue(region);
  const suppressed = async () => (await list.suppressed()).length;

  it.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['a list that is none', { SuppressedDestinationSummaries: 'all' }],
  ])('an answer of %s is a failed call', async (_, answer) => {
    listing(people(3));
    await list.sync.pull();
    clock.nowMs += DAY;
    answering(() => answer);
    expect(await list.sync.pull()).toMatchObject({
      removed: 0,
      complete: false,
      stopped: { reason: 'unavailable', message: expect.stringContaining('without a list') },
    });
    expect(await suppressed()).toBe(3);
    listing(people(2));
    expect(await list.sync.pull()).toMatchObject({ removed: 1, complete: true });
  });

  it('a page of more without a list is a failed call, and asked for again', async () => {
    listing(people(3));
    await list.sync.pull();
    clock.nowMs += DAY;
    answering(({ NextToken }) =>
      NextToken ? {} : { SuppressedDestinationSummaries: [], NextToken: 'the second' },
    );
    expect(await list.sync.pull()).toMatchObject({ removed: 0, stopped: { reason: 'unavailable' } });
    const asked: unknown[] = [];
    answering(({ NextToken }) => {
      asked.push(NextToken);
      return { SuppressedDestinationSummaries: [{ EmailAddress: people(1)[0] }, null, {}] };
    });
    expect(await list.sync.pull()).toMatchObject({ seen: 1, removed: 2, complete: true });
    expect(asked).toEqual(['the second']);
  });

  it('an empty list may be left out where nothing was listed before', async () => {
    answering(() => ({}));
    expect(await list.sync.pull()).toMatchObject({ seen: 0, complete: true, stopped: null });
  });

  it.each([
    ['an empty list', []],
    ['another account’s list', people(5_000, 'stranger')],
  ])('%s removes nothing until that is accepted', async (_, foreign) => {
    listing(people(1_000));
    await list.sync.pull();
    clock.nowMs += DAY;
    listing(foreign);
    for (let i = 0; i < 2; i++) {
      const held = await list.sync.pull();
      expect(held).toMatchObject({ removed: 0, held: 1_000, complete: true, stopped: null });
      expect(held.heldBecause).toContain('acceptRemovals: true');
      clock.nowMs += DAY;
    }
    expect(list.said.warnings).toEqual([expect.stringContaining('1000 entries, and there were 1000')]);
    expect(await suppressed()).toBe(1_000 + foreign.length);
    expect(await list.sync.status()).toMatchObject({ held: 1_000, pullingSince: null });
    expect(await list.sync.pull({ acceptRemovals: true })).toMatchObject({ removed: 1_000, held: 0 });
    expect(await suppressed()).toBe(foreign.length);
    expect(await list.sync.status()).toMatchObject({ held: 0, listed: foreign.length });
  });

  it('is right again by itself where SES’s list is back', async () => {
    listing(people(1_000));
    await list.sync.pull();
    clock.nowMs += DAY;
    listing([]);
    await list.sync.pull();
    clock.nowMs += DAY;
    listing(people(900));
    expect(await list.sync.pull()).toMatchObject({ seen: 900, removed: 100, held: 0, complete: true });
    expect(await list.sync.status()).toMatchObject({ held: 0 });
  });

  it.each([
    [60, 10, 0],
    [60, 9, 51],
    [1_000, 800, 0],
    [1_000, 799, 201],
  ])('of %d entries, with %d left, it holds %d', async (before, after, held) => {
    listing(people(before));
    await list.sync.pull();
    clock.nowMs += DAY;
    listing(people(after));
    const removed = held > 0 ? 0 : before - after;
    expect(await list.sync.pull()).toMatchObject({ removed, held, complete: true });
    expect(await suppressed()).toBe(before - removed);
  });

  it('does not count what a list brings in among what it has lost', async () => {
    listing(people(1_000));
    await list.sync.pull();
    clock.nowMs += DAY;
    // A pull that gives up has brought in strangers already: they were not there when it began.
    const strangers = people(5_000, 'stranger').map((EmailAddress) => ({ EmailAddress, Reason: 'BOUNCE' }));
    answering(() => ({ SuppressedDestinationSummaries: strangers, NextToken: 'round' }));
    expect(await list.sync.pull()).toMatchObject({ complete: false, stopped: { reason: 'unavailable' } });
    clock.nowMs += DAY;
    answering(() => ({ SuppressedDestinationSummaries: strangers }));
    expect(await list.sync.pull()).toMatchObject({ removed: 0, held: 1_000 });
  });

  it('begins a fresh mirror in another region, and releases nothing', async () => {
    regionIs('eu-west-1');
    listing(people(1_100, 'old'));
    await list.sync.pull();
    clock.nowMs += DAY;
    regionIs('us-east-1');
    listing(people(40));
    expect(await list.sync.pull()).toMatchObject({ added: 40, removed: 0, held: 0, complete: true });
    expect(await suppressed()).toBe(1_140);
    expect((await list.mirror()).map(({ address }) => address)).toEqual(people(40).toSorted());
    expect(list.said.warnings).toEqual([expect.stringContaining('us-east-1 now, not of eu-west-1')]);
    clock.nowMs += DAY;
    listing(people(39));
    expect(await list.sync.pull()).toMatchObject({ removed: 1 });
    expect(await suppressed()).toBe(1_139);
    expect(list.said.warnings).toHaveLength(1);
  });

  it('does not go on in another region with a page of the one before', async () => {
    regionIs('eu-west-1');
    const ended = new AbortController();
    answering(() => ({
      SuppressedDestinationSummaries: [{ EmailAddress: 'old@example.com' }],
      NextToken: 'x',
    }));
    await list.sync.pull({ signal: ended.signal, onProgress: () => ended.abort() });
    regionIs('us-east-1');
    const asked: unknown[] = [];
    answering(({ NextToken }) => {
      asked.push(NextToken);
      return { SuppressedDestinationSummaries: [] };
    });
    clock.nowMs += DAY;
    expect(await list.sync.pull()).toMatchObject({ removed: 0, complete: true });
    expect(asked).toEqual([undefined]);
    expect(await suppressed()).toBe(1);
  });

  it('puts on the list of another region what the one before had', async () => {
    await amazon.clear();
    await list.suppression.suppress('ann@example.com', { reason: 'hard-bounce' });
    regionIs('eu-west-1');
    expect(await list.sync.push()).toMatchObject({ pushed: 1 });
    expect(await list.sync.push()).toMatchObject({ pushed: 0 });
    regionIs('us-east-1');
    expect(await list.sync.push()).toMatchObject({ pushed: 1, complete: true });
  });

  it('takes a region that the client does not say for the same', async () => {
    regionIs('eu-west-1');
    listing(people(3));
    await list.sync.pull();
    jest.spyOn(client.config, 'region').mockRejectedValue(new Error('Region is missing'));
    clock.nowMs += DAY;
    listing(people(2));
    expect(await list.sync.pull()).toMatchObject({ removed: 1, complete: true });
  });

  const LETTERS = ['A', 'B', 'C'];
  it.each([
    ['go round', (call: number) => LETTERS[call % 3]],
    ['never repeat, and bring the same', (call: number) => `token ${call}`],
  ])('gives up on pages whose tokens %s', async (_, tokenOf) => {
    let calls = 0;
    answering((_, call) => {
      // More than any limit: a pull without one ends here.
      if ((calls = call) > 1_000) return { SuppressedDestinationSummaries: [] };
      const EmailAddress = `person${call % 3}@example.com`;
      return { SuppressedDestinationSummaries: [{ EmailAddress }], NextToken: tokenOf(call) };
    });
    const result = await list.sync.pull();
    expect(result).toMatchObject({
      added: 3,
      removed: 0,
      complete: false,
      stopped: { reason: 'unavailable' },
    });
    expect(result.stopped!.message).toContain('go round');
    expect(calls).toBe(103);
    clock.nowMs += DAY;
    const asked: unknown[] = [];
    answering(({ NextToken }) => {
      asked.push(NextToken);
      return { SuppressedDestinationSummaries: [{ EmailAddress: 'person0@example.com' }] };
    });
    expect(await list.sync.pull()).toMatchObject({ seen: 1, removed: 2, complete: true });
    expect(asked).toEqual([undefined]);
  });

  it('goes on through empty pages', async () => {
    answering((_, call) => ({
      SuppressedDestinationSummaries: call % 60 === 0 ? [{ EmailAddress: `p${call}@example.com` }] : [],
      NextToken: call < 180 ? String(call) : undefined,
    }));
    expect(await list.sync.pull()).toMatchObject({ seen: 3, added: 3, complete: true });
  });
});
