import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventType } from '@aws-sdk/client-sesv2';
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  DeleteConfigurationSetCommand,
  DeleteConfigurationSetEventDestinationCommand,
  GetConfigurationSetEventDestinationsCommand,
  UpdateConfigurationSetEventDestinationCommand,
} from '@aws-sdk/client-sesv2';
import { DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { sendTo, startWithSubscriber, stopBoth, subscriber, types } from './support/ses-feedback.js';
import { client, simulator } from './support/ses-session.js';

const EventDestination = (types: EventType[], Enabled = true) => ({
  Enabled,
  MatchingEventTypes: types,
  SnsDestination: { TopicArn: simulator.topicArn },
});

describe('where the simulated SES publishes', () => {
  beforeEach(startWithSubscriber);
  afterEach(stopBoth);

  it('drops events for a topic that was deleted', async () => {
    const sns = new SNSClient(simulator.clientConfig);
    await sns.send(new DeleteTopicCommand({ TopicArn: simulator.topicArn }));
    await sendTo(['ann@example.com']);
    await simulator.settled();
    expect(subscriber.messages).toEqual([]);
    sns.destroy();
  });

  it('publishes nothing for mail without a configuration set', async () => {
    await sendTo(['ann@hard.test'], { configurationSet: undefined });
    await simulator.settled();
    expect(subscriber.messages).toEqual([]);
  });

  it('notifies the topics of an identity in the older format', async () => {
    await client.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.com' }));
    simulator.setIdentityTopics('example.com', { bounce: simulator.topicArn });
    await sendTo(['ann@hard.test', 'bob@example.com'], { configurationSet: undefined });
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

  it("uses the identity's own configuration set when a mail names none, until the identity is deleted", async () => {
    const EmailIdentity = 'example.com';
    await client.send(new CreateEmailIdentityCommand({ EmailIdentity, ConfigurationSetName: 'main' }));
    await sendTo(['ann@example.com'], { configurationSet: undefined });
    await simulator.settled();
    expect(types()).toEqual(['Send', 'Delivery']);
    await client.send(new DeleteEmailIdentityCommand({ EmailIdentity }));
    await sendTo(['ann@example.com'], { configurationSet: undefined });
    await simulator.settled();
    expect(types()).toHaveLength(2);
  });

  it('publishes only the types that a destination asks for, to each destination of the set', async () => {
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
    await sendTo(['ann@hard.test'], { configurationSet: 'bulk' });
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
    await sendTo(['bob@hard.test'], { configurationSet: 'bulk' });
    await simulator.settled();
    expect(types()).toHaveLength(3);
    await client.send(new DeleteConfigurationSetCommand({ ConfigurationSetName }));
    await expect(sendTo(['ann@example.com'], { configurationSet: 'bulk' })).rejects.toMatchObject({
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

  it('duplicates, delays and re-orders feedback when told to', async () => {
    simulator.fail({ duplicates: 1 });
    await sendTo(['ann@example.com']);
    await simulator.settled();
    expect(types().toSorted()).toEqual(['Delivery', 'Delivery', 'Send', 'Send']);
    simulator.fail({ reorder: true });
    await sendTo(['bob@example.com']);
    await simulator.settled();
    expect(types().slice(4)).toEqual(['Delivery', 'Send']);
    simulator.fail(null);
    await sendTo(['eve@example.com']);
    await simulator.settled();
    expect(types().slice(6)).toEqual(['Send', 'Delivery']);
  });
});
