import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SesSqsModule } from 'nestjs-ses-reputation/sqs';
import { BackgroundStore } from '../libs/ses-reputation/src/store/background-store.js';
import { databaseKinds, sqlite, type DatabaseKind, type TestDatabase } from './support/databases.js';
import { LocalQueues, QueueHost } from './support/queue-host.js';
import { bounce } from './support/ses-event-bodies.js';
import { until } from './support/sns-harness.js';

const address = (n: number) => `n${n}@example.com`;
const bounceOf = (n: number) => bounce({ messageId: `m-${n}`, to: [address(n)] });
const envelope = (event: object) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: 'arn:aws:sns:us-east-1:123456789012:ses-feedback',
  Message: JSON.stringify(event),
});
const eventBridge = (detail: object) => ({
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  source: 'aws.ses',
  'detail-type': 'Email Bounced',
  account: '123456789012',
  region: 'us-east-1',
  resources: ['arn:aws:ses:us-east-1:123456789012:configuration-set/main'],
  detail: { ...detail, eventType: undefined },
});
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const rowsOf = (count: number, source = 'sqs') =>
  numbers(count)
    .map((n) => `${address(n)} ${source}`)
    .toSorted();

/** A promise that the test settles. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** What a test of one database needs; stopped after it. */
class Scene {
  readonly hosts: QueueHost[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly sqs: LocalQueues,
  ) {}

  static async set({ create }: Pick<DatabaseKind, 'create'>): Promise<Scene> {
    return new Scene(await create(), await LocalQueues.start());
  }

  async start(...[queues, given, modules]: Tail<Parameters<typeof QueueHost.make>>): Promise<QueueHost> {
    const host = await this.make(queues, given, modules);
    await host.app.init();
    return host;
  }

  async make(...[queues, given, modules]: Tail<Parameters<typeof QueueHost.make>>): Promise<QueueHost> {
    const host = await QueueHost.make(this.database, queues, given, modules);
    this.hosts.push(host);
    return host;
  }

  async clear(): Promise<void> {
    for (const { app } of this.hosts) await app.close();
    await this.sqs.stop();
    await this.database.drop();
  }
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never;

describe.each(databaseKinds())('SesSqsModule on $name', (kind) => {
  let at: Scene;
  beforeEach(async () => {
    at = await Scene.set(kind);
  });
  afterEach(() => at.clear());

  it('takes in what SNS, raw delivery and EventBridge bring, each thing once, and empties the queue', async () => {
    const queue = at.sqs.create('feedback');
    const wraps = [envelope, (event: object) => event, eventBridge];
    const bodies = numbers(30).map((n) => wraps[n % 3]!(bounceOf(n)));
    await at.sqs.send('feedback', [...bodies, ...bodies.slice(0, 10)]);
    const host = await at.start([queue]);
    await until(() => at.sqs.held('feedback') === 0);
    expect(await host.rows()).toEqual(rowsOf(30));
    expect(await host.hardBounces()).toBe(30);
    expect(host.said.lines).toEqual([]);
  });

  it('leaves in the queue what the database does not take, and takes it in when it does', async () => {
    const queue = at.sqs.create('feedback', { deadLetters: deadLetters(at), tries: 3 });
    const host = await at.make([queue]);
    await host.app.init();
    const query = (sql: string) => host.dataSource.query(sql);
    await query('alter table ses_suppressed_address rename to out_of_reach');
    await at.sqs.send('feedback', numbers(3).map(bounceOf));
    await until(() => host.said.of('was not stored, and comes again').length > 0);
    expect(at.sqs.held('feedback')).toBe(3);
    await query('alter table out_of_reach rename to ses_suppressed_address');
    await until(() => at.sqs.held('feedback') === 0);
    expect(await host.rows()).toEqual(rowsOf(3));
    expect(at.sqs.held('dead')).toBe(0);
  });
});

function deadLetters({ sqs }: Scene): string {
  sqs.create('dead');
  return 'dead';
}

describe('SesSqsModule', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await Scene.set({ create: sqlite });
  });
  afterEach(() => at.clear());

  it('deletes what was stored of a batch, and only that', async () => {
    const queue = at.sqs.create('feedback', { visibilityTimeoutSeconds: 600, concurrency: 1 });
    await at.sqs.send('feedback', numbers(10).map(bounceOf));
    const host = await at.make([queue]);
    host.intercept((body, go) =>
      body.includes(address(3)) || body.includes(address(7)) ? Promise.reject(new Error('no room')) : go(),
    );
    await host.app.init();
    await until(() => at.sqs.held('feedback') === 2);
    expect(await host.rows()).toEqual(rowsOf(10).filter((row) => !/n[37]@/.test(row)));
    const left = at.sqs.inFlight('feedback').map(({ message }) => JSON.parse(message.body) as object);
    expect(left).toEqual([bounceOf(3), bounceOf(7)]);
    expect(host.said.of('no room')).toHaveLength(1);
  });

  it('leaves what is no feedback to the dead-letter queue, without a flood of words', async () => {
    const queue = at.sqs.create('feedback', { deadLetters: deadLetters(at) });
    await at.sqs.send('feedback', ['poison', bounceOf(0), '{"poison":2}', ...numbers(9).map(String)]);
    const host = await at.start([queue]);
    await until(() => at.sqs.held('feedback') === 0);
    expect(at.sqs.held('dead')).toBe(11);
    expect(await host.rows()).toEqual(rowsOf(1));
    expect(host.said.lines).toEqual([
      expect.stringContaining('is no feedback, and is left to its dead-letter queue'),
    ]);
  });

  it('keeps a batch that takes long from coming again', async () => {
    const queue = at.sqs.create('feedback', { concurrency: 1, visibilityTimeoutSeconds: 4 });
    const { opened, open } = gate();
    let calls = 0;
    const host = await at.make([queue]);
    host.intercept((_, go) => {
      calls++;
      return opened.then(go);
    });
    await at.sqs.send('feedback', numbers(2).map(bounceOf));
    await host.app.init();
    const deadlines = () => at.sqs.inFlight('feedback').map(({ visibilityDeadline }) => visibilityDeadline);
    await until(() => calls === 2);
    const first = Math.max(...deadlines());
    await until(() => deadlines().filter((deadline) => deadline > first + 4_000).length === 2);
    expect(calls).toBe(2);
    open();
    await until(() => at.sqs.held('feedback') === 0);
    expect(await host.rows()).toEqual(rowsOf(2));
  });

  it('stops after the batch in hand, with nothing lost and nothing counted twice', async () => {
    const queue = at.sqs.create('feedback', { concurrency: 2, visibilityTimeoutSeconds: 4 });
    await at.sqs.send('feedback', numbers(60).map(bounceOf));
    const { opened, open } = gate();
    let inHand = 0;
    const first = await at.make([queue]);
    first.intercept((_, go) => {
      inHand++;
      return opened.then(go);
    });
    await first.app.init();
    await until(() => inHand === 20);
    let closed = false;
    const closing = first.app.close().then(() => (closed = true));
    // Extended while it stops, too.
    const deadline = Date.now() + 4_000;
    await until(() => {
      const extended = at.sqs.inFlight('feedback').filter((message) => message.visibilityDeadline > deadline);
      return extended.length === 20;
    });
    expect(closed).toBe(false);
    open();
    await closing;
    expect(inHand).toBe(20);
    expect(at.sqs.held('feedback')).toBe(40);
    const second = await at.start([queue]);
    await until(() => at.sqs.held('feedback') === 0);
    expect(await second.rows()).toEqual(rowsOf(60));
    expect(await second.hardBounces()).toBe(60);
    expect([...first.said.lines, ...second.said.lines]).toEqual([]);
  });

  it('stops at once while it waits for messages', async () => {
    const queue = at.sqs.create('feedback', { waitTimeSeconds: 20 });
    const host = await at.start([queue]);
    const began = performance.now();
    await host.app.close();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(host.said.lines).toEqual([]);
  });

  it('reads several queues, as SNS fills them, and one that is there later', async () => {
    const first = at.sqs.create('first');
    const raw = at.sqs.create('raw');
    const later = { ...at.sqs.options(), url: first.url.replace('first', 'later') };
    const { server } = at.sqs;
    const { topicArn } = server.createTopic('ses-feedback');
    server.subscribe({ topic: 'ses-feedback', queue: 'first' });
    server.subscribe({ topic: 'ses-feedback', queue: 'raw', attributes: { RawMessageDelivery: 'true' } });
    const host = await at.start([first, raw, later]);
    const sns = new SNSClient(at.sqs.clientConfig);
    for (const n of [0, 1])
      await sns.send(new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(bounceOf(n)) }));
    sns.destroy();
    await until(async () => (await host.rows()).length === 2);
    await until(() => at.sqs.held('first') + at.sqs.held('raw') === 0);
    await until(() => host.said.lines.length > 0);
    at.sqs.create('later');
    await at.sqs.send('later', [bounceOf(2)]);
    await until(() => at.sqs.held('later') === 0);
    expect(await host.rows()).toEqual(rowsOf(3));
    // One word for the four readers of the queue that was missing.
    expect(host.said.lines).toEqual([
      expect.stringMatching(/later can't be read, and is tried again: QueueDoesNotExist/),
    ]);
  });

  it('starts while SQS is out of reach, and reads when it is back', async () => {
    const port = Number(new URL(at.sqs.server.address).port);
    const queue = at.sqs.create('feedback');
    await at.sqs.stop();
    const host = await at.start([queue]);
    await until(() => host.said.of("can't be read").length > 0);
    Object.assign(at, { sqs: await LocalQueues.start(port) });
    at.sqs.create('feedback');
    await at.sqs.send('feedback', [bounceOf(0)]);
    await until(() => at.sqs.held('feedback') === 0);
    expect(await host.rows()).toEqual(rowsOf(1));
    expect(host.said.lines).toHaveLength(1);
  });

  it('receives nothing while the database is away, so that an outage fills no dead-letter queue', async () => {
    const queue = at.sqs.create('feedback', {
      deadLetters: deadLetters(at),
      visibilityTimeoutSeconds: 4,
    });
    await at.sqs.send('feedback', [bounceOf(0)]);
    const host = await at.make([queue]);
    let away = true;
    let asked = 0;
    host.intercept((_, go) => (away ? Promise.reject(new Error('away')) : go()));
    const store = host.app.get(BackgroundStore, { strict: false });
    const { read } = store;
    store.read = ((work) => {
      asked++;
      return away ? Promise.reject(new Error('away')) : read.call(store, work);
    }) as typeof store.read;
    await host.app.init();
    await until(() => asked >= 3);
    // Whoever asked for messages by now would get it for the second time, of two.
    const { visibilityDeadline } = at.sqs.inFlight('feedback')[0]!;
    await until(() => Date.now() > visibilityDeadline + 2_000);
    away = false;
    await until(async () => (await host.rows()).length === 1);
    expect(at.sqs.held('dead')).toBe(0);
  });

  it('says what to add where the module of the door, or the one it belongs to, is missing', async () => {
    const queue = at.sqs.create('feedback');
    await expect((await at.make([queue], {}, [])).app.init()).rejects.toThrow(
      'add SesSqsModule (from nestjs-ses-reputation/sqs) to the imports',
    );
    const idle = await at.start([], {}, []);
    expect(idle.said.lines).toEqual([]);
    const alone = await Test.createTestingModule({ imports: [SesSqsModule] })
      .setLogger(false as never)
      .compile();
    await expect(alone.init()).rejects.toThrow('SesSqsModule finds no SesReputationModule: add');
  });
});
