import { afterEach, describe, expect, it } from '@jest/globals';
import { ListSubscriptionsByTopicCommand, SNSClient, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { MailerService } from '../libs/ses-reputation/src/mailer/mailer.service.js';
import { ReputationService } from '../libs/ses-reputation/src/reputation/reputation.service.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { WatchedApp } from './support/watched-app.js';

const MINUTE = 60_000;

describe.each(databaseKinds())('a subscription that is deleted, on $name', ({ create }) => {
  let database: TestDatabase;
  let app: WatchedApp;
  afterEach(async () => {
    await app?.stop();
    await database?.drop();
  });

  async function mailTo(count: number): Promise<void> {
    const to = Array.from({ length: count }, (_, i) => `reader${i}@example.com`);
    await app.get(MailerService).send({ to, subject: 'Bread', text: 'Fresh.' });
    await app.simulator.settled();
  }

  async function deleteSubscription(): Promise<void> {
    const { topicArn: TopicArn, clientConfig } = app.simulator;
    const sns = new SNSClient(clientConfig);
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    for (const { SubscriptionArn } of Subscriptions)
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
    sns.destroy();
    expect(Subscriptions).toHaveLength(1);
  }

  it('is told of within the time that is set, once, and no more after it is there again', async () => {
    database = await create();
    app = await WatchedApp.start(database, { silence: { volume: 10, afterMs: 60 * MINUTE } });
    const check = () => app.get(ReputationService).check();
    await app.simulator.subscribe(app.endpoint);
    await check();
    await mailTo(20);
    const heardAt = app.clock.now();
    await deleteSubscription();

    app.clock.aheadMs = 5 * MINUTE;
    await mailTo(20);
    for (const minutes of [30, 60]) {
      app.clock.aheadMs = minutes * MINUTE;
      await check();
      expect(await app.raised('ses.feedback.silent')).toEqual([]);
    }
    app.clock.aheadMs = 66 * MINUTE;
    await check();
    const [silent, ...more] = await app.raised('ses.feedback.silent');
    expect(more).toEqual([]);
    expect(silent).toMatchObject({ volume: 20, at: expect.any(Date), lastHeardAt: expect.any(Date) });
    expect(Math.abs(silent!.lastHeardAt!.getTime() - heardAt)).toBeLessThan(MINUTE);
    expect(silent!.check[0]).toContain(app.simulator.topicArn);
    expect(silent!.check.join(' ')).toContain('configuration set "main"');

    await mailTo(20);
    app.clock.aheadMs = 200 * MINUTE;
    await check();
    await app.simulator.subscribe(app.endpoint);
    await mailTo(20);
    app.clock.aheadMs = 300 * MINUTE;
    await check();
    await deleteSubscription();
    await mailTo(20);
    app.clock.aheadMs = 380 * MINUTE;
    await check();
    const told = await app.raised('ses.feedback.silent');
    expect(told).toHaveLength(2);
    expect(told[1]!.lastHeardAt!.getTime()).toBeGreaterThan(silent!.at.getTime());
    expect(told[1]).toMatchObject({ volume: 20 });
  });
});
