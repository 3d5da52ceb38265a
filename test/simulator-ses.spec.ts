import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { startSubscriber, type Subscriber } from './support/sns-subscriber.js';

const SENDER = 'Example <no-reply@example.com>';

describe('SesSimulator', () => {
  let simulator: SesSimulator;
  let client: SESv2Client;
  let subscriber: Subscriber;

  beforeEach(async () => {
    simulator = await SesSimulator.start();
    client = new SESv2Client({ ...simulator.clientConfig, maxAttempts: 1 });
    subscriber = await startSubscriber(simulator.fetch);
    await simulator.subscribe(subscriber.url);
  });

  afterEach(async () => {
    client.destroy();
    await subscriber.stop();
    await simulator.stop();
  });

  async function send(to: string[], more: Partial<{ set: string; subject: string }> = {}): Promise<string> {
    const { MessageId } = await client.send(
      new SendEmailCommand({
        FromEmailAddress: SENDER,
        Destination: { ToAddresses: to },
        Content: { Simple: { Subject: { Data: more.subject ?? 'Hello' }, Body: { Text: { Data: 'Hi' } } } },
        ConfigurationSetName: more.set ?? 'main',
        EmailTags: [{ Name: 'campaign', Value: 'may' }],
      }),
    );
    return MessageId!;
  }

  it('accepts a mail and publishes Send, then Delivery', async () => {
    const id = await send(['Ann <ann@example.com>']);
    await simulator.settled();
    expect(simulator.sent.at(-1)).toMatchObject({ id, from: SENDER, subject: 'Hello', text: 'Hi' });
    expect(subscriber.events.map(({ eventType }) => eventType)).toEqual(['Send', 'Delivery']);
    expect(subscriber.events[1]).toMatchObject({
      mail: {
        messageId: id,
        destination: ['ann@example.com'],
        tags: { campaign: ['may'], 'ses:configuration-set': ['main'], 'ses:from-domain': ['example.com'] },
      },
      delivery: { recipients: ['ann@example.com'] },
    });
  });
});
