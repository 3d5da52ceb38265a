import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tallyRound } from '../libs/ses-reputation/src/guard/round-tally.js';
import type { ProbeRound } from '../libs/ses-reputation/src/guard/stream-guard.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { databaseKinds } from './support/databases.js';
import { GuardScene, type GuardApp } from './support/guard-app.js';

const MINUTE = 60_000;
const START = Date.UTC(2030, 0, 1);
const ROUND: ProbeRound = {
  share: 0.05,
  startedAt: START + 10 * MINUTE,
  probeFrom: START + 5 * MINUTE,
  heldAt: null,
  fullAt: null,
  quietAt: null,
  proven: false,
};

describe.each(databaseKinds())('the tally of a probe on $name', ({ create }) => {
  let scene: GuardScene;
  let app: GuardApp;
  beforeEach(async () => {
    scene = await GuardScene.open(create);
    app = await scene.start();
  });
  afterEach(() => scene.close());

  const add = (minute: number, counts: Partial<ReputationBucket>, dimension = 'stream:newsletter') =>
    app.dataSource.manager.insert(ReputationBucket, {
      dimension,
      start: new Date(START + minute * MINUTE),
      minutes: 1,
      ...counts,
    });
  const tally = (round: Partial<ProbeRound> = {}) =>
    tallyRound(app.dataSource.manager, 'newsletter', { ...ROUND, ...round });

  it('counts the round, what is settled of it, and the whole probe', async () => {
    await add(4, { sent: 1_000, hardBounces: 1_000, complaints: 1_000 });
    await add(5, { sent: 20, hardBounces: 2, complaints: 1 });
    await add(10, { sent: 13, excluded: 3, hardBounces: 1 });
    await add(14, { sent: 7, complaints: 2 });
    await add(12, { sent: 100 }, 'stream:orders');
    expect(await tally({ fullAt: START + 12 * MINUTE })).toEqual({
      all: { volume: 17, hardBounces: 1, complaints: 2 },
      settled: { volume: 10, hardBounces: 1, complaints: 0 },
      probe: { volume: 37, hardBounces: 3, complaints: 3 },
    });
    const { all, settled } = await tally();
    expect(settled).toEqual(all);
  });

  it('takes what came back for sent where its count is missing', async () => {
    await add(11, { hardBounces: 4, deliveries: 6, complaints: 1 });
    expect((await tally()).all).toEqual({ volume: 10, hardBounces: 4, complaints: 1 });
    await add(12, { sent: 30 });
    expect((await tally()).all.volume).toBe(30);
  });

  it('is of nothing where nothing was sent', async () => {
    expect((await tally()).probe).toEqual({ volume: 0, hardBounces: 0, complaints: 0 });
  });
});
