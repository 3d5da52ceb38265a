import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { ListSubscriptionsByTopicCommand, SNSClient, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SesEventName, SesEvents } from '../libs/ses-reputation/src/events/ses-events.js';
import type { ReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { databaseKinds } from './support/databases.js';
import { GuardScene, type GuardApp } from './support/guard-app.js';

const ALARMS = [
  'ses.reputation.approaching',
  'ses.reputation.changed',
  'ses.reputation.differs',
  'ses.account.changed',
  'ses.unaccounted',
  'ses.feedback.silent',
] as const satisfies readonly SesEventName[];

/** The alarms an application hears, by name. */
function alarmsOf({ emitter }: GuardApp): { name: string; id: string }[] {
  const heard: { name: string; id: string }[] = [];
  for (const name of ALARMS)
    emitter.on(name, ({ id }: SesEvents[typeof name]) => void heard.push({ name, id }));
  return heard;
}

describe.each(databaseKinds())('two applications on one database, $name', ({ create }) => {
  let scene: GuardScene;
  beforeEach(async () => {
    scene = await GuardScene.open(create);
  });
  afterEach(() => scene.close());

  /** Both send `mails`, which the one may hold back sooner than the other. The first one hears SES. */
  async function start(given: ReputationOptions = {}): Promise<[GuardApp, GuardApp]> {
    const reputation: ReputationOptions = {
      check: false,
      minimumVolume: 100,
      window: { volume: 200 },
      ...given,
    };
    const host = (app: string, priority: 'bulk' | 'normal') =>
      scene.start({
        app,
        streams: { transactional: { priority: 'critical' }, mails: { priority } },
        reputation,
      });
    const shop = await host('shop', 'bulk');
    const blog = await host('blog', 'normal');
    await shop.leads();
    await blog.leads();
    await scene.simulator.subscribe(`${shop.url}/ses/feedback`);
    return [shop, blog];
  }

  /** Mail of somebody who has no part in this, with the configuration set of all. */
  async function sendElsewhere(count: number): Promise<void> {
    const { clientConfig, configurationSet } = scene.simulator;
    const ses = new SESv2Client(clientConfig);
    await ses.send(
      new SendEmailCommand({
        ConfigurationSetName: configurationSet,
        FromEmailAddress: 'shop@example.com',
        Destination: { ToAddresses: Array.from({ length: count }, (_, i) => `other-${i}@example.com`) },
        Content: { Simple: { Subject: { Data: 'Win' }, Body: { Text: { Data: 'Now.' } } } },
      }),
    );
    ses.destroy();
  }

  async function endSubscriptions(): Promise<void> {
    const { topicArn: TopicArn, clientConfig } = scene.simulator;
    const sns = new SNSClient(clientConfig);
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    for (const { SubscriptionArn } of Subscriptions)
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    sns.destroy();
  }

  it('decide on a stream of one name each for itself', async () => {
    const [shop, blog] = await start();
    await shop.send('mails', 100, 8);
    for (let minute = 0; minute < 4; minute++) {
      for (const app of [shop, blog]) expect(await app.check()).toBe('review');
      scene.minutes(1);
    }
    expect(shop.guardEvents.map(({ id, to }) => [id, to])).toEqual([['guard:shop:mails:1', 'paused']]);
    expect(blog.guardEvents).toEqual([]);
    expect(await shop.stateOf('mails')).toMatchObject({ mode: 'paused', cause: 'level' });
    expect(await blog.stateOf('mails')).toMatchObject({ mode: 'open', cause: null });
    expect(await shop.send('mails', 1)).toMatchObject({ paused: 1 });
    expect(await blog.send('mails', 1)).toMatchObject({ sent: 1 });

    await blog.guard.pause('mails', { reason: 'a wrong price' });
    await shop.guard.resume('mails', { reason: 'looked at' });
    for (const app of [shop, blog]) {
      await app.gate.refresh();
      await app.check();
    }
    expect(await shop.send('mails', 1)).toMatchObject({ sent: 1 });
    expect(await blog.send('mails', 1)).toMatchObject({ paused: 1 });
    const ids = [...shop.guardEvents, ...blog.guardEvents].map(({ id }) => id);
    expect(ids.toSorted()).toEqual(['guard:blog:mails:1', 'guard:shop:mails:1', 'guard:shop:mails:2']);
  });

  it('hear each alarm of the account, once each', async () => {
    const [shop, blog] = await start({
      amazonRates: {
        rates: () => Promise.resolve({ bounce: 0.5, complaint: null, at: new Date(scene.clock.now()) }),
      },
      unaccounted: { volume: 20, share: 0.1 },
      silence: { volume: 50, afterMs: 60 * 60_000 },
    });
    const alarms = [alarmsOf(shop), alarmsOf(blog)];
    const checks = async () => {
      for (let round = 0; round < 2; round++) for (const app of [shop, blog]) await app.check();
    };
    await shop.send('mails', 60, 8);
    await sendElsewhere(50);
    scene.simulator.setAccount({ enforcementStatus: 'PROBATION' });
    await checks();
    await endSubscriptions();
    scene.minutes(5);
    await shop.send('transactional', 52);
    scene.minutes(80);
    await checks();

    const expected = ALARMS.toSorted();
    for (const heard of alarms) expect(heard.map(({ name }) => name).toSorted()).toEqual(expected);
    const ids = alarms.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
