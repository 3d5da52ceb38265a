import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { OutboxService, SesReputationConfigError } from 'nestjs-ses-reputation';
import { createSnsHandler } from 'nestjs-ses-reputation/lambda';
import { Leadership } from '../libs/ses-reputation/src/leadership/leadership.js';
import { FEEDBACK_HEARD } from '../libs/ses-reputation/src/reputation/watch/feedback-heard.js';
import { readMemory } from '../libs/ses-reputation/src/store/memory.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';
import { QueueHost } from './support/queue-host.js';
import { bounce } from './support/ses-event-bodies.js';
import { until } from './support/sns-harness.js';

const address = (n: number) => `n${n}@example.com`;
const bounceOf = (n: number) => bounce({ messageId: `m-${n}`, to: [address(n)] });
const rowsOf = (...found: number[]) => found.map((n) => `${address(n)} lambda`).toSorted();

/** As Lambda hands it over: with its own spelling of what SNS calls SigningCertURL and UnsubscribeURL. */
const snsEvent = (...messages: (object | string)[]) => ({
  Records: messages.map((message) => ({
    EventVersion: '1.0',
    EventSubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:ses-feedback:22b80b92',
    EventSource: 'aws:sns',
    Sns: {
      Type: 'Notification',
      MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
      TopicArn: 'arn:aws:sns:us-east-1:123456789012:ses-feedback',
      Subject: 'Amazon SES Email Event Notification',
      Message: typeof message === 'string' ? message : JSON.stringify(message),
      Timestamp: '2026-03-01T00:01:00.000Z',
      SignatureVersion: '1',
      Signature: 'none',
      SigningCertUrl: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem',
      UnsubscribeUrl: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
      MessageAttributes: {},
    },
  })),
});

const sqsEvent = (...bodies: (object | string)[]) => ({
  Records: bodies.map((body, n) => ({
    messageId: `id-${n}`,
    receiptHandle: 'handle',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:ses-feedback',
    awsRegion: 'us-east-1',
  })),
});

const eventBridgeEvent = (detail: object) => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  source: 'aws.ses',
  'detail-type': 'Email Bounced',
  detail: { ...detail, eventType: undefined },
});

const failing = (ids: number[]) => ({
  batchItemFailures: ids.map((n) => ({ itemIdentifier: `id-${n}` })),
});

let database: TestDatabase;
let host: QueueHost;
const start = async (given: Parameters<typeof QueueHost.make>[2] = { background: false }) => {
  host = await QueueHost.make(database, [], given, []);
};
/** In place of the one that only stores. */
const startLeading = async () => {
  await host.app.close();
  await start({});
};
const leads = () => until(() => host.app.get(Leadership, { strict: false }).token !== null);

/** Some of the events meet a database that does not take them. */
const refuse = (...refused: number[]) => {
  const isRefused = (body: string) => refused.some((n) => body.includes(address(n)));
  host.intercept((body, go) => (isRefused(body) ? Promise.reject(new Error('no room')) : go()));
};

describe.each(databaseKinds())('createSnsHandler on $name', ({ create }) => {
  beforeEach(async () => {
    database = await create();
    await start();
  });
  afterEach(async () => {
    await host.app.close();
    await database.drop();
  });

  it('takes in events of SNS, SQS and EventBridge, each thing once, and has committed when it returns', async () => {
    const handler = createSnsHandler(host.app);
    expect(await handler(snsEvent(bounceOf(0), bounceOf(1)))).toBeUndefined();
    expect(await host.rows()).toEqual(rowsOf(0, 1));
    expect(await handler(eventBridgeEvent(bounceOf(2)))).toBeUndefined();
    expect(await host.rows()).toEqual(rowsOf(0, 1, 2));
    const enveloped = snsEvent(bounceOf(3)).Records[0]!.Sns;
    const bodies = [enveloped, bounceOf(4), eventBridgeEvent(bounceOf(5)), bounceOf(0)];
    expect(await handler(sqsEvent(...bodies))).toEqual(failing([]));
    expect(await host.rows()).toEqual(rowsOf(0, 1, 2, 3, 4, 5));
    expect(await host.hardBounces()).toBe(6);
    // Written beside the ingest, and not to be frozen half-way.
    expect(await readMemory(host.dataSource.manager, FEEDBACK_HEARD)).not.toBeNull();
    expect(host.said.lines).toEqual([]);
  });

  it('rejects where the database is away, and stores the same once when it is back', async () => {
    const handler = createSnsHandler(() => host.app);
    await handler(snsEvent());
    const query = (sql: string) => host.dataSource.query(sql);
    await query('alter table ses_suppressed_address rename to out_of_reach');
    const events = [snsEvent(bounceOf(0), bounceOf(1)), sqsEvent(bounceOf(2)), eventBridgeEvent(bounceOf(3))];
    for (const event of events)
      await expect(handler(event)).rejects.toMatchObject({ code: 'SES_STORE_UNAVAILABLE' });
    await query('alter table out_of_reach rename to ses_suppressed_address');
    for (const event of [...events, ...events]) await handler(event);
    expect(await host.rows()).toEqual(rowsOf(0, 1, 2, 3));
    expect(await host.hardBounces()).toBe(4);
  });
});

describe('createSnsHandler', () => {
  beforeEach(async () => {
    database = await sqlite();
    await start();
  });
  afterEach(async () => {
    await host.app.close();
    await database.drop();
  });

  it('starts the application at the first invocation, once for all, and again if that failed', async () => {
    let starts = 0;
    const handler = createSnsHandler(async () => {
      if (++starts === 1) throw new Error('no secrets yet');
      return host.app;
    });
    expect(starts).toBe(0);
    const first = [handler(snsEvent(bounceOf(0))), handler(snsEvent(bounceOf(1)))];
    for (const result of await Promise.allSettled(first))
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'no secrets yet' } });
    expect(starts).toBe(1);
    await Promise.all([handler(snsEvent(bounceOf(0))), handler(snsEvent(bounceOf(1)))]);
    await handler(snsEvent(bounceOf(2)));
    expect(starts).toBe(2);
    expect(await host.rows()).toEqual(rowsOf(0, 1, 2));
  });

  it('takes a promise of an application, and starts it', async () => {
    await startLeading();
    await createSnsHandler(Promise.resolve(host.app))(snsEvent(bounceOf(0)));
    expect(await host.rows()).toEqual(rowsOf(0));
    // What leads has had its bootstrap hooks called.
    await leads();
  });

  it('says what is no feedback, and takes in the rest', async () => {
    const handler = createSnsHandler(host.app);
    await handler({ Records: [{}, ...snsEvent(bounceOf(0)).Records, null] });
    await handler({ hello: 'world' });
    await handler(undefined);
    await handler(snsEvent('Successfully validated SNS topic for Amazon SES event publishing.'));
    expect(await host.rows()).toEqual(rowsOf(0));
    expect(host.said.lines).toEqual([
      expect.stringContaining('2 of 3 are no feedback'),
      expect.stringContaining('1 of 1 are no feedback'),
      expect.stringContaining('1 of 1 are no feedback'),
    ]);
  });

  it('rejects for one of several records, and has stored the others', async () => {
    const handler = createSnsHandler(host.app);
    refuse(1);
    await expect(handler(snsEvent(bounceOf(0), bounceOf(1), 'x', bounceOf(2)))).rejects.toThrow('no room');
    expect(await host.rows()).toEqual(rowsOf(0, 2));
  });

  it('names the messages of an SQS event that must come again, and no others', async () => {
    const handler = createSnsHandler(host.app);
    refuse(1, 3);
    const event = sqsEvent(bounceOf(0), bounceOf(1), 'poison', bounceOf(3), bounceOf(4));
    expect(await handler(event)).toEqual(failing([1, 2, 3]));
    expect(await host.rows()).toEqual(rowsOf(0, 4));
    expect(host.said.of('no room')).toHaveLength(1);
    expect(await handler(sqsEvent('poison'))).toEqual(failing([0]));
  });

  it('fails as a whole where no message was stored, which needs no setting of the event source', async () => {
    const handler = createSnsHandler(host.app);
    refuse(0, 1);
    await expect(handler(sqsEvent(bounceOf(0), 'poison', bounceOf(1)))).rejects.toThrow('no room');
  });

  it('takes in a large batch', async () => {
    const handler = createSnsHandler(host.app);
    const all = Array.from({ length: 120 }, (_, n) => n);
    expect(await handler(sqsEvent(...all.map(bounceOf)))).toEqual(failing([]));
    expect(await host.rows()).toEqual(rowsOf(...all));
  });

  it('leaves events to the instance that leads where it must not lead itself', async () => {
    await createSnsHandler(host.app)(snsEvent(bounceOf(0)));
    const counts = await host.app.get(OutboxService, { strict: false }).counts();
    expect(counts).toMatchObject({ pending: 2 });
  });

  it('has told its own listeners when it returns, where it leads', async () => {
    await startLeading();
    await host.app.init();
    await leads();
    const heard: string[] = [];
    host.app.get(EventEmitter2).on('ses.bounce.hard', async ({ address }: { address: string }) => {
      await new Promise((resolve) => setImmediate(resolve));
      heard.push(address);
    });
    await createSnsHandler(host.app)(snsEvent(bounceOf(0)));
    expect(heard).toEqual([address(0)]);
    await createSnsHandler(host.app)(snsEvent(bounceOf(1)), { getRemainingTimeInMillis: () => 60_000 });
    expect(heard).toEqual([address(0), address(1)]);
  });

  it('does not wait for a listener that takes more than half of the time left', async () => {
    await startLeading();
    await host.app.init();
    await leads();
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    host.app.get(EventEmitter2).on('ses.bounce.hard', () => released);
    await createSnsHandler(host.app)(snsEvent(bounceOf(0)), { getRemainingTimeInMillis: () => 100 });
    release();
  });

  it('says what to add to an application without the module', async () => {
    const bare: INestApplicationContext = await Test.createTestingModule({}).compile();
    const invoked = createSnsHandler(bare)(snsEvent(bounceOf(0)));
    await expect(invoked).rejects.toThrow(SesReputationConfigError);
    await expect(invoked).rejects.toThrow('createSnsHandler finds no SesReputationModule: add');
  });
});
