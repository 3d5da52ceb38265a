import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTopicsCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
  paginateListTopics,
} from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  confirming,
  startSns,
  startSubscriber,
  type SnsHarness,
  type Subscriber,
} from './support/sns-harness.js';

let harness: SnsHarness;
let subscriber: Subscriber;

beforeEach(async () => {
  harness = await startSns();
  subscriber = await confirming(harness);
});

afterEach(async () => {
  await harness.stop();
  await subscriber.stop();
});

const refused = (message: RegExp) => ({
  name: 'InvalidParameterException',
  message: expect.stringMatching(message),
});

describe('@aws-sdk/client-sns', () => {
  let client: SNSClient;

  beforeEach(() => {
    client = new SNSClient({
      region: 'us-east-1',
      endpoint: harness.endpoint,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  });

  afterEach(() => client.destroy());

  const createTopic = async (Name = 'feedback'): Promise<string> =>
    (await client.send(new CreateTopicCommand({ Name }))).TopicArn!;

  it('makes, changes, lists and deletes topics', async () => {
    const TopicArn = await createTopic();
    expect(TopicArn).toBe('arn:aws:sns:us-east-1:123456789012:feedback');
    expect(harness.sns.topicExists(TopicArn)).toBe(true);
    expect(await createTopic()).toBe(TopicArn);
    await expect(
      client.send(new CreateTopicCommand({ Name: 'feedback', Attributes: { SignatureVersion: '2' } })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringMatching(/different attributes/),
    });

    await client.send(
      new SetTopicAttributesCommand({ TopicArn, AttributeName: 'SignatureVersion', AttributeValue: '2' }),
    );
    await client.send(
      new SetTopicAttributesCommand({ TopicArn, AttributeName: 'DisplayName', AttributeValue: '<Ann & Co>' }),
    );
    const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
    expect(Attributes).toMatchObject({
      TopicArn,
      Owner: '123456789012',
      SignatureVersion: '2',
      DisplayName: '<Ann & Co>',
      SubscriptionsPending: '0',
      SubscriptionsConfirmed: '0',
      SubscriptionsDeleted: '0',
    });

    await client.send(new DeleteTopicCommand({ TopicArn }));
    await client.send(new DeleteTopicCommand({ TopicArn }));
    expect((await client.send(new ListTopicsCommand({}))).Topics ?? []).toEqual([]);
    await expect(client.send(new GetTopicAttributesCommand({ TopicArn }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Topic does not exist',
      $metadata: { httpStatusCode: 404 },
    });
  });

  it('pages by 100, and a page does not shift when a topic is deleted meanwhile', async () => {
    const arns: string[] = [];
    for (let number = 0; number < 250; number += 1) arns.push(harness.sns.createTopic(`topic-${number}`));
    const seen: string[][] = [];
    for await (const page of paginateListTopics({ client }, {})) {
      seen.push(page.Topics!.map(({ TopicArn }) => TopicArn!));
      if (seen.length === 1) await client.send(new DeleteTopicCommand({ TopicArn: arns[0] }));
    }
    expect(seen.map((page) => page.length)).toEqual([100, 100, 50]);
    expect(seen.flat()).toEqual(arns);
    await expect(client.send(new ListTopicsCommand({ NextToken: 'made up' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  it('subscribes, publishes, and unsubscribes', async () => {
    const TopicArn = await createTopic();
    const subscribe = new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: subscriber.url });
    expect((await client.send(subscribe)).SubscriptionArn).toBe('pending confirmation');
    await harness.sns.subscribed(TopicArn, subscriber.url);
    const { SubscriptionArn } = await client.send(subscribe);
    expect(SubscriptionArn).toMatch(`${TopicArn}:`);

    const { MessageId } = await client.send(
      new PublishCommand({
        TopicArn,
        Message: 'a+b=c & <d> ✉️',
        Subject: 'Hello',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'bounce' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 255]) },
        },
      }),
    );
    await harness.sns.settled();
    expect(subscriber.ofType('Notification')[0]!.envelope).toMatchObject({
      MessageId,
      Message: 'a+b=c & <d> ✉️',
      Subject: 'Hello',
      MessageAttributes: {
        kind: { Type: 'String', Value: 'bounce' },
        bytes: { Type: 'Binary', Value: 'AQL/' },
      },
    });

    await client.send(new UnsubscribeCommand({ SubscriptionArn }));
    await client.send(new UnsubscribeCommand({ SubscriptionArn }));
    await harness.sns.settled();
    expect(subscriber.ofType('UnsubscribeConfirmation')).toHaveLength(1);
    expect((await client.send(new ListSubscriptionsCommand({}))).Subscriptions ?? []).toEqual([]);
  });

  it('confirms by token, and shows what is pending and what is not', async () => {
    const silent = await startSubscriber();
    const TopicArn = await createTopic();
    const { SubscriptionArn } = await client.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'http',
        Endpoint: silent.url,
        ReturnSubscriptionArn: true,
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
    const list = async (): Promise<string | undefined> =>
      (await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions?.[0]
        ?.SubscriptionArn;
    const attributes = async () =>
      (await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
    expect(await list()).toBe('PendingConfirmation');
    expect(await attributes()).toMatchObject({ PendingConfirmation: 'true', RawMessageDelivery: 'true' });

    await harness.sns.settled();
    await expect(
      client.send(new ConfirmSubscriptionCommand({ TopicArn, Token: 'wrong' })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException', message: 'Invalid token' });
    await client.send(
      new ConfirmSubscriptionCommand({
        TopicArn,
        Token: silent.posts[0]!.envelope['Token'],
        AuthenticateOnUnsubscribe: 'true',
      }),
    );
    expect(await list()).toBe(SubscriptionArn);
    await client.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn,
        AttributeName: 'RawMessageDelivery',
        AttributeValue: 'false',
      }),
    );
    expect(await attributes()).toMatchObject({
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'true',
      RawMessageDelivery: 'false',
      Endpoint: silent.url,
      TopicArn,
    });

    const link = `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`;
    expect((await harness.sns.fetch(link)).status).toBe(403);
    await client.send(new UnsubscribeCommand({ SubscriptionArn }));
    await silent.stop();
  });

  it('refuses what it does not do rather than pretend', async () => {
    const TopicArn = await createTopic();
    const Endpoint = subscriber.url;
    await expect(
      client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:1:q' })),
    ).rejects.toMatchObject(refused(/only http and https endpoints/));
    await expect(
      client.send(new SubscribeCommand({ TopicArn, Protocol: 'https', Endpoint })),
    ).rejects.toMatchObject(refused(/must match/));
    await expect(
      client.send(
        new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint, Attributes: { FilterPolicy: '{}' } }),
      ),
    ).rejects.toMatchObject(refused(/FilterPolicy/));
    await expect(client.send(new UnsubscribeCommand({ SubscriptionArn: 'nothing' }))).rejects.toMatchObject(
      refused(/at least 6 elements, not 1/),
    );
    await expect(client.send(new PublishCommand({ TopicArn, Message: '' }))).rejects.toMatchObject(
      refused(/Message/),
    );
    await expect(
      client.send(new PublishCommand({ TopicArn: `${TopicArn}x`, Message: 'x' })),
    ).rejects.toMatchObject({ name: 'NotFoundException' });
    expect(subscriber.posts).toEqual([]);
  });

  it('takes the text for the protocol from a message with MessageStructure json', async () => {
    const TopicArn = await createTopic();
    harness.sns.subscribe(TopicArn, subscriber.url);
    await harness.sns.subscribed(TopicArn, subscriber.url);
    const publish = (message: unknown) =>
      client.send(
        new PublishCommand({ TopicArn, MessageStructure: 'json', Message: JSON.stringify(message) }),
      );
    await publish({ default: 'for all', http: 'for http' });
    await publish({ default: 'for all', https: 'for https' });
    await harness.sns.settled();
    expect(subscriber.ofType('Notification').map(({ envelope }) => envelope['Message'])).toEqual([
      'for http',
      'for all',
    ]);
    await expect(publish({ http: 'x' })).rejects.toMatchObject({ message: expect.stringMatching(/default/) });
  });
});
