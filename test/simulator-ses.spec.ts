import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SESv2Client, type EventType } from '@aws-sdk/client-sesv2';
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  CreateEmailIdentityCommand,
  CreateEmailTemplateCommand,
  DeleteConfigurationSetCommand,
  DeleteConfigurationSetEventDestinationCommand,
  GetAccountCommand,
  GetConfigurationSetEventDestinationsCommand,
  GetSuppressedDestinationCommand,
  PutConfigurationSetSuppressionOptionsCommand,
  PutSuppressedDestinationCommand,
  SendEmailCommand,
  UpdateConfigurationSetEventDestinationCommand,
} from '@aws-sdk/client-sesv2';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { simpleMail } from './support/ses-mail.js';
import { startSubscriber, type Subscriber } from './support/sns-subscriber.js';

const welcomeMail = (TemplateData: string) =>
  new SendEmailCommand({
    ...simpleMail(['ann@example.com']),
    Content: { Template: { TemplateName: 'welcome', TemplateData } },
  });

describe('feedback of the simulated SES', () => {
  let simulator: SesSimulator;
  let client: SESv2Client;
  let subscriber: Subscriber;

  beforeEach(async () => {
    simulator = await SesSimulator.start({ retry: { delayMs: 10 } });
    client = new SESv2Client({ ...simulator.clientConfig, maxAttempts: 1 });
    subscriber = await startSubscriber(simulator.fetch);
    await simulator.subscribe(subscriber.url);
  });

  afterEach(async () => {
    client.destroy();
    await subscriber.stop();
    await simulator.stop();
  });

  async function send(to: string[], more: Partial<Parameters<typeof simpleMail>[1]> = {}): Promise<string> {
    const { MessageId } = await client.send(new SendEmailCommand(simpleMail(to, more)));
    return MessageId!;
  }

  const types = () => subscriber.events.map(({ eventType }) => eventType);
  const suppressed = async (address: string) => {
    const { SuppressedDestination } = await client.send(
      new GetSuppressedDestinationCommand({ EmailAddress: address }),
    );
    return SuppressedDestination!;
  };
  const sentLast24Hours = async () =>
    (await client.send(new GetAccountCommand({}))).SendQuota!.SentLast24Hours;

  it('publishes Send, then Delivery, with the mail as SES describes it', async () => {
    const id = await send(['Ann <ann@example.com>']);
    await simulator.settled();
    expect(simulator.sent).toHaveLength(1);
    expect(simulator.sent[0]).toMatchObject({
      id,
      from: 'Example <no-reply@example.com>',
      destination: { to: ['Ann <ann@example.com>'], cc: [], bcc: [] },
      subject: 'Hello',
      text: 'Hi',
      tags: { campaign: 'may' },
      configurationSet: 'main',
    });
    expect(types()).toEqual(['Send', 'Delivery']);
    expect(subscriber.events[0]).toMatchObject({
      send: {},
      mail: {
        messageId: id,
        timestamp: simulator.sent[0]!.at.toISOString(),
        source: 'Example <no-reply@example.com>',
        sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/no-reply@example.com',
        sendingAccountId: '123456789012',
        destination: ['ann@example.com'],
        headersTruncated: false,
        commonHeaders: {
          from: ['Example <no-reply@example.com>'],
          to: ['Ann <ann@example.com>'],
          messageId: id,
          subject: 'Hello',
        },
        tags: {
          campaign: ['may'],
          'ses:configuration-set': ['main'],
          'ses:from-domain': ['example.com'],
          'ses:operation': ['SendEmail'],
        },
      },
    });
    expect(subscriber.events[1]).toMatchObject({
      delivery: { recipients: ['ann@example.com'], processingTimeMillis: expect.any(Number) },
      mail: { tags: { 'ses:outgoing-ip': [expect.any(String)] } },
    });
  });

  it.each([
    ['success', ['Send', 'Delivery'], {}],
    ['bounce', ['Send', 'Bounce'], { bounceType: 'Permanent', bounceSubType: 'General' }],
    ['ooto', ['Send', 'Delivery', 'Bounce'], { bounceType: 'Transient', bounceSubType: 'General' }],
    ['complaint', ['Send', 'Delivery', 'Complaint'], { complaintFeedbackType: 'abuse' }],
    ['suppressionlist', ['Send', 'Bounce'], { bounceType: 'Permanent', bounceSubType: 'Suppressed' }],
  ])('plays %s@simulator.amazonses.com and counts it nowhere', async (local, expected, detail) => {
    const address = `${local}+Label@Simulator.amazonses.com`;
    await send([address]);
    await simulator.settled();
    expect(types()).toEqual(expected);
    const { bounce, complaint } = subscriber.events.at(-1)!;
    expect(bounce ?? complaint ?? {}).toMatchObject(detail);
    expect(await sentLast24Hours()).toBe(0);
    await expect(suppressed(address)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('sends an out-of-office reply without status and diagnostic code', async () => {
    await send(['ooto@simulator.amazonses.com']);
    await simulator.settled();
    expect(subscriber.events.at(-1)).toMatchObject({
      bounce: { bouncedRecipients: [{ emailAddress: 'ooto@simulator.amazonses.com' }] },
    });
    expect(JSON.stringify(subscriber.events.at(-1)!.bounce)).not.toMatch(/status|diagnosticCode/);
  });

  it.each([
    ['ann@hard.test', ['Send', 'Bounce'], 'BOUNCE'],
    ['ann@complaint.test', ['Send', 'Delivery', 'Complaint'], 'COMPLAINT'],
    ['ann@soft.test', ['Send', 'Bounce'], null],
  ])('plays %s as real mail, list and quota included', async (address, expected, reason) => {
    const id = await send([address]);
    await simulator.settled();
    expect(types()).toEqual(expected);
    expect(await sentLast24Hours()).toBe(1);
    if (reason === null)
      await expect(suppressed(address)).rejects.toMatchObject({ name: 'NotFoundException' });
    else expect(await suppressed(address)).toMatchObject({ Reason: reason, Attributes: { MessageId: id } });
  });

  it.each(['BOUNCE', 'COMPLAINT'] as const)(
    'accepts mail to an address listed for %s, in any case, and bounces it',
    async (Reason) => {
      await client.send(new PutSuppressedDestinationCommand({ EmailAddress: 'ann@example.com', Reason }));
      await send(['ANN@example.com', 'bob@example.com']);
      await simulator.settled();
      expect(types()).toEqual(['Send', 'Delivery', 'Bounce']);
      expect(subscriber.events[1]).toMatchObject({ delivery: { recipients: ['bob@example.com'] } });
      expect(subscriber.events[2]).toMatchObject({
        bounce: {
          bounceType: 'Permanent',
          bounceSubType: 'OnAccountSuppressionList',
          bouncedRecipients: [{ emailAddress: 'ANN@example.com' }],
        },
      });
      expect(await sentLast24Hours()).toBe(2);
    },
  );

  it("lets a configuration set's own reasons override the account's", async () => {
    const ConfigurationSetName = 'main';
    await client.send(
      new PutSuppressedDestinationCommand({ EmailAddress: 'a@example.com', Reason: 'BOUNCE' }),
    );
    await client.send(
      new PutConfigurationSetSuppressionOptionsCommand({ ConfigurationSetName, SuppressedReasons: [] }),
    );
    await send(['a@example.com', 'b@hard.test']);
    await simulator.settled();
    expect(subscriber.events[1]).toMatchObject({ delivery: { recipients: ['a@example.com'] } });
    await expect(suppressed('b@hard.test')).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('publishes nothing for mail without a configuration set', async () => {
    await send(['ann@hard.test'], { configurationSet: undefined });
    await simulator.settled();
    expect(subscriber.messages).toEqual([]);
  });

  it('notifies the topics of an identity in the older format', async () => {
    await client.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.com' }));
    simulator.setIdentityTopics('example.com', { bounce: simulator.topicArn });
    await send(['ann@hard.test', 'bob@example.com'], { configurationSet: undefined });
    await simulator.settled();
    expect(subscriber.events).toHaveLength(1);
    expect(subscriber.events[0]).toMatchObject({
      notificationType: 'Bounce',
      bounce: { bouncedRecipients: [{ emailAddress: 'ann@hard.test' }] },
      mail: { callerIdentity: expect.any(String), sourceIp: '127.0.0.1' },
    });
    expect(subscriber.events[0]).not.toHaveProperty('mail.tags');
    expect(subscriber.events[0]).not.toHaveProperty('mail.headers');
  });

  it('publishes only the types that a destination asks for, to each destination of the set', async () => {
    const EventDestination = (types: EventType[], Enabled = true) => ({
      Enabled,
      MatchingEventTypes: types,
      SnsDestination: { TopicArn: simulator.topicArn },
    });
    const ConfigurationSetName = 'bulk';
    const create = (EventDestinationName: string, destination: ReturnType<typeof EventDestination>) =>
      client.send(
        new CreateConfigurationSetEventDestinationCommand({
          ConfigurationSetName,
          EventDestinationName,
          EventDestination: destination,
        }),
      );
    await client.send(new CreateConfigurationSetCommand({ ConfigurationSetName }));
    await create('one', EventDestination(['BOUNCE']));
    await create('two', EventDestination(['BOUNCE', 'SEND']));
    await create('off', EventDestination(['BOUNCE', 'SEND'], false));
    await send(['ann@hard.test'], { configurationSet: 'bulk' });
    await simulator.settled();
    expect(types()).toEqual(['Send', 'Bounce', 'Bounce']);
    expect(subscriber.messages.filter((message) => !message.startsWith('{'))).toEqual(
      Array.from({ length: 3 }, () => 'Successfully validated SNS topic for Amazon SES event publishing.'),
    );
    const { EventDestinations } = await client.send(
      new GetConfigurationSetEventDestinationsCommand({ ConfigurationSetName }),
    );
    expect(EventDestinations?.map(({ Name, Enabled }) => [Name, Enabled])).toEqual([
      ['one', true],
      ['two', true],
      ['off', false],
    ]);
    await client.send(
      new UpdateConfigurationSetEventDestinationCommand({
        ConfigurationSetName,
        EventDestinationName: 'two',
        EventDestination: EventDestination(['DELIVERY']),
      }),
    );
    await client.send(
      new DeleteConfigurationSetEventDestinationCommand({
        ConfigurationSetName,
        EventDestinationName: 'one',
      }),
    );
    await send(['bob@hard.test'], { configurationSet: 'bulk' });
    await simulator.settled();
    expect(types()).toHaveLength(3);
    await client.send(new DeleteConfigurationSetCommand({ ConfigurationSetName }));
    await expect(send(['ann@example.com'], { configurationSet: 'bulk' })).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Configuration set <bulk> does not exist.',
    });
  });

  it('refuses an event destination for a topic that does not exist', async () => {
    const refused = client.send(
      new CreateConfigurationSetEventDestinationCommand({
        ConfigurationSetName: 'main',
        EventDestinationName: 'lost',
        EventDestination: {
          Enabled: true,
          MatchingEventTypes: ['BOUNCE'],
          SnsDestination: { TopicArn: 'arn:aws:sns:us-east-1:123456789012:lost' },
        },
      }),
    );
    await expect(refused).rejects.toMatchObject({
      name: 'BadRequestException',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('publishes what a test asks for: bounce, complaint, delay, reject, open and click', async () => {
    const id = await send(['ann@example.com', 'bob@example.org', 'eve@example.com']);
    simulator.delay(id, { recipients: ['bob@example.org'] });
    simulator.bounce(id, {
      recipients: ['bob@example.org'],
      bounceType: 'Transient',
      bounceSubType: 'MailboxFull',
    });
    simulator.bounce(id, { recipients: ['bob@example.org'], diagnosticCode: 'smtp; 550 5.7.1 blocked' });
    simulator.complain(id, { complaintFeedbackType: 'fraud' });
    simulator.open(id);
    simulator.click(id, { link: 'https://example.com/' });
    simulator.reject(id);
    await simulator.settled();
    expect(types()).toEqual([
      'Send',
      'Delivery',
      'DeliveryDelay',
      'Bounce',
      'Bounce',
      'Complaint',
      'Open',
      'Click',
      'Reject',
    ]);
    expect(subscriber.events.slice(2)).toMatchObject([
      {
        deliveryDelay: { delayType: 'MailboxFull', delayedRecipients: [{ emailAddress: 'bob@example.org' }] },
      },
      { bounce: { bounceType: 'Transient', bounceSubType: 'MailboxFull' } },
      {
        bounce: {
          bounceType: 'Permanent',
          bouncedRecipients: [{ diagnosticCode: 'smtp; 550 5.7.1 blocked' }],
        },
      },
      // Reports name no recipient: everyone of that domain is a candidate.
      {
        complaint: {
          complaintFeedbackType: 'fraud',
          complainedRecipients: [{ emailAddress: 'ann@example.com' }, { emailAddress: 'eve@example.com' }],
        },
      },
      { open: { ipAddress: expect.any(String), userAgent: expect.any(String) } },
      { click: { link: 'https://example.com/', linkTags: null } },
      { reject: { reason: 'Bad content' } },
    ]);
    expect(await suppressed('bob@example.org')).toMatchObject({ Reason: 'BOUNCE' });
    expect(() => simulator.bounce('unknown')).toThrow('No mail with id "unknown"');
  });

  it('publishes any event or text to the topic', async () => {
    simulator.publish({ eventType: 'Subscription', mail: {} });
    simulator.publish('not JSON');
    await simulator.settled();
    expect(subscriber.messages).toEqual(['{"eventType":"Subscription","mail":{}}', 'not JSON']);
  });

  it('accepts a virus and rejects it afterwards', async () => {
    const virus = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
    const mail = simpleMail(['ann@example.com']);
    mail.Content.Simple.Attachments = [{ FileName: 'sample.txt', RawContent: Buffer.from(virus) }];
    await client.send(new SendEmailCommand(mail));
    await simulator.settled();
    expect(types()).toEqual(['Reject']);
    expect(subscriber.events[0]).toMatchObject({ reject: { reason: 'Bad content' } });
  });

  it('accepts a template that can not be rendered and publishes a Rendering Failure', async () => {
    await client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'welcome',
        TemplateContent: { Subject: 'Hi {{name}}', Text: '{{#if plan}}Plan {{plan}}{{/if}}' },
      }),
    );
    await client.send(welcomeMail('{"name":"Ann","plan":"pro"}'));
    expect(simulator.sent.at(-1)).toMatchObject({
      subject: 'Hi Ann',
      text: 'Plan pro',
      template: { name: 'welcome', data: { name: 'Ann', plan: 'pro' } },
    });
    const { MessageId } = await client.send(welcomeMail('{}'));
    await simulator.settled();
    expect(types()).toEqual(['Send', 'Delivery', 'Rendering Failure']);
    expect(subscriber.events.at(-1)).toMatchObject({
      mail: { messageId: MessageId },
      failure: {
        errorMessage: "Attribute 'name' is not present in the rendering data.",
        templateName: 'welcome',
      },
    });
  });

  it('duplicates, delays and re-orders feedback when told to', async () => {
    simulator.fail({ duplicates: 1 });
    await send(['ann@example.com']);
    await simulator.settled();
    expect(types().toSorted()).toEqual(['Delivery', 'Delivery', 'Send', 'Send']);
    simulator.fail({ reorder: true });
    await send(['bob@example.com']);
    await simulator.settled();
    expect(types().slice(4)).toEqual(['Delivery', 'Send']);
    simulator.fail(null);
    await send(['eve@example.com']);
    await simulator.settled();
    expect(types().slice(6)).toEqual(['Send', 'Delivery']);
  });
});
