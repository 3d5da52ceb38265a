import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import {
  CreateTopicCommand,
  ListTopicsCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { hasCommand } from './support/external.js';
import { AwsShell, type CliOptions } from './support/run-command.js';
import { simpleMail } from './support/ses-mail.js';
import { startSubscriber, type Subscriber } from './support/sns-subscriber.js';

const CLI = hasCommand('aws');
const BOTO3 = hasCommand('python3', ['-c', 'import boto3']);

let simulator: SesSimulator;
let subscriber: Subscriber;
let shell: AwsShell;
/** Confirmation links that were posted; visited only where a test does so. */
let confirmations: URL[];

beforeEach(async () => {
  simulator = await SesSimulator.start({ sendRate: 100 });
  confirmations = [];
  subscriber = await startSubscriber(async (link) => {
    confirmations.push(new URL(String(link)));
    return new Response();
  });
  shell = await AwsShell.open(simulator.endpoint);
});

afterEach(async () => {
  await subscriber.stop();
  await simulator.stop();
  await shell.close();
});

const sns = (command: string, options?: CliOptions) => shell.aws('sns', command, options);
const sesv2 = (command: string, options?: CliOptions) => shell.aws('sesv2', command, options);

describe('the AWS SDK for JavaScript', () => {
  it('drives SES and SNS on one port', async () => {
    const topics = new SNSClient(simulator.clientConfig);
    const ses = new SESv2Client(simulator.clientConfig);
    const { TopicArn } = await topics.send(new CreateTopicCommand({ Name: 'alerts' }));
    const { Topics } = await topics.send(new ListTopicsCommand({}));
    expect(Topics?.map((topic) => topic.TopicArn).toSorted()).toEqual(
      [TopicArn, simulator.topicArn].toSorted(),
    );
    await topics.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: subscriber.url }));
    await simulator.settled();
    await simulator.fetch(confirmations[0]!);
    await topics.send(new PublishCommand({ TopicArn, Message: 'hello' }));
    await ses.send(new SendEmailCommand(simpleMail(['ann@example.com'])));
    await simulator.settled();
    expect(subscriber.messages).toEqual(['hello']);
    expect(simulator.sent).toHaveLength(1);
    topics.destroy();
    ses.destroy();
  });
});

if (BOTO3)
  describe('boto3', () => {
    it('sends, lists, suppresses and publishes', async () => {
      const script = join(import.meta.dirname, 'support/boto3-client.py');
      const seen = JSON.parse(await shell.run('python3', [script, simulator.endpoint])) as Record<
        string,
        any
      >;
      expect(simulator.sent.slice(0, 3)).toMatchObject([
        { id: seen.messages[0], subject: 'Grüße', text: 'Hello', configurationSet: 'main' },
        { id: seen.messages[1], subject: 'Raw', text: 'Hello\r\n' },
        { id: seen.messages[2], subject: 'Hi Ann', text: 'Welcome' },
      ]);
      expect(seen).toMatchObject({
        bulk: [{ Status: 'SUCCESS' }, { Status: 'INVALID_PARAMETER' }],
        listed_in: new Date().getFullYear(),
        listed: [0, 1, 2, 3, 4].map((number) => `u${number}@example.com`),
        errors: [
          ['NotFoundException', 404],
          ['NotFoundException', 404],
          ['AlreadyExistsException', 400],
          ['BadRequestException', 400],
        ],
        quota: { Max24HourSend: 50_000, MaxSendRate: 100, SentLast24Hours: 4 },
        signature: '2',
        published: true,
      });
    });
  });

const simpleContent = { Simple: { Subject: { Data: 'Hello' }, Body: { Text: { Data: 'Hi' } } } };

if (CLI)
  describe('the AWS CLI', () => {
    it('sends simple, raw, templated and bulk mail', async () => {
      const from = { 'from-email-address': 'Shop <shop@example.com>' };
      const to = { destination: 'ToAddresses=ann@example.com' };
      const template = { Subject: 'Hi {{name}}', Text: 'Welcome', Html: '<p>Welcome</p>' };
      await sesv2('create-email-template', { 'template-name': 'welcome', 'template-content': template });
      const { MessageId } = await sesv2('send-email', {
        ...from,
        ...to,
        content: simpleContent,
        'configuration-set-name': 'main',
      });
      const raw = 'From: shop@example.com\nTo: bob@example.com\nSubject: Raw\n\nHello\n';
      await sesv2('send-email', { content: { Raw: { Data: raw } } });
      const Template = { TemplateName: 'welcome', TemplateData: '{"name":"Ann"}' };
      await sesv2('send-email', { ...from, ...to, content: { Template } });
      const { BulkEmailEntryResults } = await sesv2('send-bulk-email', {
        ...from,
        'default-content': { Template },
        'bulk-email-entries': [
          { Destination: { ToAddresses: ['a@example.com'] } },
          { Destination: { ToAddresses: ['b@example.com'] } },
        ],
      });
      expect(BulkEmailEntryResults).toMatchObject([{ Status: 'SUCCESS' }, { Status: 'SUCCESS' }]);
      expect(simulator.sent).toMatchObject([
        { id: MessageId, from: 'Shop <shop@example.com>', subject: 'Hello', configurationSet: 'main' },
        {
          from: 'shop@example.com',
          subject: 'Raw',
          text: 'Hello\n',
          destination: { to: ['bob@example.com'] },
        },
        { subject: 'Hi Ann', html: '<p>Welcome</p>' },
        { destination: { to: ['a@example.com'] } },
        { destination: { to: ['b@example.com'] } },
      ]);
      const { TemplateContent } = await sesv2('get-email-template', { 'template-name': 'welcome' });
      expect(TemplateContent).toEqual(template);
      await sesv2('delete-email-template', { 'template-name': 'welcome' });
      expect((await sesv2('list-email-templates')).TemplatesMetadata).toEqual([]);
    });

    it("keeps the account's suppression list", async () => {
      await sesv2('put-account-suppression-attributes', { 'suppressed-reasons': ['BOUNCE', 'COMPLAINT'] });
      expect(await sesv2('get-account')).toMatchObject({
        SendQuota: { Max24HourSend: 50_000, MaxSendRate: 100 },
        SuppressionAttributes: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
      });
      const all = ['u1@example.com', 'u2@example.com', 'u3@example.com'];
      for (const address of all)
        await sesv2('put-suppressed-destination', { 'email-address': address, reason: 'BOUNCE' });
      const listed: string[] = [];
      let next: CliOptions | null = {};
      while (next) {
        const page = await sesv2('list-suppressed-destinations', { 'page-size': '2', ...next });
        for (const { EmailAddress } of page.SuppressedDestinationSummaries) listed.push(EmailAddress);
        next = page.NextToken ? { 'next-token': page.NextToken } : null;
      }
      expect(listed).toEqual(all);
      const first = { 'email-address': 'u1@example.com' };
      const { SuppressedDestination } = await sesv2('get-suppressed-destination', first);
      expect(SuppressedDestination).toMatchObject({ EmailAddress: 'u1@example.com', Reason: 'BOUNCE' });
      await sesv2('delete-suppressed-destination', first);
      await expect(sesv2('get-suppressed-destination', first)).rejects.toThrow(/NotFoundException/);
    });

    it('sets feedback up, from topic to confirmed subscription', async () => {
      const { TopicArn } = await sns('create-topic', { name: 'alerts' });
      const set = { 'configuration-set-name': 'shop' };
      const topic = { 'topic-arn': TopicArn as string };
      await sesv2('create-configuration-set', set);
      await sesv2('create-configuration-set-event-destination', {
        ...set,
        'event-destination-name': 'sns',
        'event-destination': {
          Enabled: true,
          MatchingEventTypes: ['BOUNCE', 'COMPLAINT'],
          SnsDestination: { TopicArn },
        },
      });
      const subscribed = await sns('subscribe', {
        ...topic,
        protocol: 'http',
        'notification-endpoint': subscriber.url,
      });
      expect(subscribed.SubscriptionArn).toBe('pending confirmation');
      await simulator.settled();
      const token = confirmations[0]!.searchParams.get('Token')!;
      const { SubscriptionArn } = await sns('confirm-subscription', { ...topic, token });
      const { Subscriptions } = await sns('list-subscriptions-by-topic', topic);
      expect(Subscriptions).toMatchObject([{ SubscriptionArn, Endpoint: subscriber.url, Protocol: 'http' }]);
      await sns('set-topic-attributes', {
        ...topic,
        'attribute-name': 'SignatureVersion',
        'attribute-value': '2',
      });
      const { Attributes } = await sns('get-topic-attributes', topic);
      expect(Attributes).toMatchObject({ SignatureVersion: '2', SubscriptionsConfirmed: '1' });
      await sns('publish', { ...topic, message: 'hello' });
      await sesv2('send-email', {
        ...set,
        'from-email-address': 'shop@example.com',
        destination: 'ToAddresses=nobody@hard.test',
        content: simpleContent,
      });
      await simulator.settled();
      expect(subscriber.messages[0]).toBe('hello');
      expect(subscriber.events).toMatchObject([{ eventType: 'Bounce' }]);
      await sns('unsubscribe', { 'subscription-arn': SubscriptionArn as string });
      expect((await sns('list-subscriptions-by-topic', topic)).Subscriptions).toEqual([]);
    });

    it('reads identities and configuration sets', async () => {
      const identity = { 'email-identity': 'example.com' };
      await sesv2('create-email-identity', identity);
      expect(await sesv2('get-email-identity', identity)).toMatchObject({
        IdentityType: 'DOMAIN',
        VerifiedForSendingStatus: true,
        DkimAttributes: { Status: 'SUCCESS' },
      });
      await expect(sesv2('get-email-identity', { 'email-identity': 'example.org' })).rejects.toThrow(
        /NotFoundException/,
      );
      const set = { 'configuration-set-name': 'main' };
      expect(await sesv2('get-configuration-set', set)).toMatchObject({ ConfigurationSetName: 'main' });
      const { EventDestinations } = await sesv2('get-configuration-set-event-destinations', set);
      expect(EventDestinations).toMatchObject([
        { Enabled: true, SnsDestination: { TopicArn: simulator.topicArn } },
      ]);
    });
  });
