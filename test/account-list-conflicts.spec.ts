import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AccountListInstance, AccountListScene, AmazonsList, DAY } from './support/account-list.js';
import { databaseKinds } from './support/databases.js';
import type { StoppedClock } from './support/suppression-harness.js';

const ANN = 'ann@example.com';

interface Row {
  /** What SES lists before all else; nothing if absent. */
  listed?: 'BOUNCE' | 'COMPLAINT';
  /** What happens here, in order; a minute passes before each. */
  here?: ((list: AccountListInstance, clock: StoppedClock) => Promise<unknown>)[];
  /** What happens at Amazon a day later, after a sync. */
  later?: (amazon: AmazonsList) => Promise<unknown>;
  suppressed: string[];
  atAmazon: string[];
}

const suppress =
  (reason: Parameters<AccountListInstance['suppression']['suppress']>[1]['reason'], days?: number) =>
  ({ suppression }: AccountListInstance, clock: StoppedClock) => {
    const expiresAt = days === undefined ? null : new Date(clock.nowMs + days * DAY);
    return suppression.suppress(ANN, { reason, expiresAt });
  };
const sync = ({ sync: list }: AccountListInstance) => list.sync();
const release = ({ suppression }: AccountListInstance) => suppression.release(ANN);
const vanish = (amazon: AmazonsList) => amazon.delete(ANN);
const listAgain = (amazon: AmazonsList) => amazon.put('COMPLAINT', ANN);

// The rows of the table in docs/account-list.md.
const ROWS: [string, Row][] = [
  ['only SES lists it', { listed: 'BOUNCE', suppressed: ['account-list'], atAmazon: ['BOUNCE'] }],
  ...(['complaint', 'unsubscribe', 'manual', 'hard-bounce'] as const).map((reason): [string, Row] => [
    `SES lists it, and it is suppressed here for a stronger reason: ${reason}`,
    { listed: 'BOUNCE', here: [suppress(reason)], suppressed: [reason], atAmazon: ['BOUNCE'] },
  ]),
  [
    'SES lists it, and it is suppressed here for soft bounces',
    {
      listed: 'BOUNCE',
      here: [suppress('soft-bounces')],
      suppressed: ['account-list'],
      atAmazon: ['BOUNCE'],
    },
  ],
  [
    'that, and later SES lists it no more',
    {
      listed: 'BOUNCE',
      here: [suppress('soft-bounces')],
      later: vanish,
      suppressed: ['soft-bounces'],
      atAmazon: [],
    },
  ],
  [
    'that, where feedback had said so before the list was read',
    {
      listed: 'BOUNCE',
      here: [suppress('soft-bounces'), suppress('account-list')],
      later: vanish,
      suppressed: ['soft-bounces'],
      atAmazon: [],
    },
  ],
  [
    'SES lists it, and it is suppressed here for a while',
    { listed: 'BOUNCE', here: [suppress('manual', 30)], suppressed: ['account-list'], atAmazon: ['BOUNCE'] },
  ],
  [
    'that, and later SES lists it no more, within the while',
    { listed: 'BOUNCE', here: [suppress('manual', 30)], later: vanish, suppressed: ['manual'], atAmazon: [] },
  ],
  [
    'that, and later SES lists it no more, after the while',
    { listed: 'BOUNCE', here: [suppress('manual', 0.5)], later: vanish, suppressed: [], atAmazon: [] },
  ],
  [
    'SES lists it, and it was released here since',
    { listed: 'BOUNCE', here: [sync, release], suppressed: [], atAmazon: [] },
  ],
  [
    'SES listed it again after it was released here',
    {
      listed: 'BOUNCE',
      here: [sync, release],
      later: listAgain,
      suppressed: ['account-list'],
      atAmazon: ['COMPLAINT'],
    },
  ],
  [
    'it was released here and suppressed again since',
    {
      listed: 'BOUNCE',
      here: [sync, release, suppress('manual')],
      suppressed: ['manual'],
      atAmazon: ['BOUNCE'],
    },
  ],
  [
    'SES lists it no more, and nothing else suppresses it',
    { listed: 'BOUNCE', later: vanish, suppressed: [], atAmazon: [] },
  ],
  [
    'SES lists it no more, and it is suppressed here for a hard bounce',
    {
      listed: 'BOUNCE',
      here: [suppress('hard-bounce')],
      later: vanish,
      suppressed: ['hard-bounce'],
      atAmazon: ['BOUNCE'],
    },
  ],
  [
    'SES lists it no more, and it is suppressed here by hand',
    { listed: 'BOUNCE', here: [suppress('manual')], later: vanish, suppressed: ['manual'], atAmazon: [] },
  ],
  [
    'a hard bounce here',
    { here: [suppress('hard-bounce')], suppressed: ['hard-bounce'], atAmazon: ['BOUNCE'] },
  ],
  ['a complaint here', { here: [suppress('complaint')], suppressed: ['complaint'], atAmazon: ['COMPLAINT'] }],
  ...(['manual', 'unsubscribe', 'soft-bounces', 'account-list'] as const).map((reason): [string, Row] => [
    `suppressed here alone: ${reason}`,
    { here: [suppress(reason)], suppressed: [reason], atAmazon: [] },
  ]),
  [
    'a hard bounce here, pushed and then released',
    { here: [suppress('hard-bounce'), sync, release], suppressed: [], atAmazon: [] },
  ],
];

describe.each(databaseKinds())('what the lists say of one address, on $name', (kind) => {
  let scene: AccountListScene;
  let list: AccountListInstance;
  let amazon: AmazonsList;
  let clock: StoppedClock;

  beforeAll(async () => {
    scene = await AccountListScene.open(kind, {});
    ({ amazon, clock } = scene);
    list = scene.instances[0]!;
  });
  beforeEach(async () => {
    await amazon.clear();
    await scene.forget();
  });
  afterAll(() => scene?.close());

  it.each(ROWS)('%s', async (_, { listed, here = [], later, suppressed, atAmazon }) => {
    if (listed) await amazon.put(listed, ANN);
    for (const happens of here) {
      clock.nowMs += 60_000;
      await happens(list, clock);
    }
    clock.nowMs += 60_000;
    await list.sync.sync();
    if (later) {
      clock.nowMs += DAY;
      await later(amazon);
      expect(await list.sync.sync()).toMatchObject({ complete: true });
    }
    // Nothing is left to do: the lists agree.
    clock.nowMs += 60_000;
    expect(await list.sync.sync()).toMatchObject({
      added: 0,
      removed: 0,
      pushed: 0,
      deleted: 0,
      complete: true,
    });
    expect(await list.suppressed()).toEqual(suppressed.map((reason) => `${ANN} * ${reason}`));
    expect(await amazon.entries()).toEqual(atAmazon.map((reason) => `${ANN} ${reason}`));
  });
});
