import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  PutConfigurationSetSuppressionOptionsCommand,
  PutSuppressedDestinationCommand,
} from '@aws-sdk/client-sesv2';
import {
  sendTo,
  sentLast24Hours,
  startWithSubscriber,
  stopBoth,
  subscriber,
  suppressed,
  types,
} from './support/ses-feedback.js';
import { client, simulator } from './support/ses-session.js';

describe('mail through the simulated SES', () => {
  beforeEach(startWithSubscriber);
  afterEach(stopBoth);

  it('publishes Send, then Delivery, with the mail as SES describes it', async () => {
    const id = await sendTo(['Ann <ann@example.com>']);
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
    await sendTo([address]);
    await simulator.settled();
    expect(types()).toEqual(expected);
    const { bounce, complaint } = subscriber.events.at(-1)!;
    expect(bounce ?? complaint ?? {}).toMatchObject(detail);
    expect(await sentLast24Hours()).toBe(0);
    await expect(suppressed(address)).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('sends an out-of-office reply without status and diagnostic code', async () => {
    await sendTo(['ooto@simulator.amazonses.com']);
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
    const id = await sendTo([address]);
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
      await sendTo(['ANN@example.com', 'bob@example.com']);
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

  it('delivers to the mailbox simulator whatever the list says', async () => {
    const EmailAddress = 'success@simulator.amazonses.com';
    await client.send(new PutSuppressedDestinationCommand({ EmailAddress, Reason: 'BOUNCE' }));
    await sendTo([EmailAddress]);
    await simulator.settled();
    expect(types()).toEqual(['Send', 'Delivery']);
  });

  it('passes at most 10 KB of header fields on, and says when it cut them', async () => {
    await sendTo(
      Array.from({ length: 50 }, (_, index) => `${'u'.repeat(60)}${index}@${'long.'.repeat(40)}example.com`),
    );
    await simulator.settled();
    const { mail } = subscriber.events[0]!;
    expect(mail).toMatchObject({ headersTruncated: true, headers: [{ name: 'From' }] });
    expect(mail.destination).toHaveLength(50);
  });

  it("lets a configuration set's own reasons override the account's", async () => {
    const ConfigurationSetName = 'main';
    await client.send(
      new PutSuppressedDestinationCommand({ EmailAddress: 'a@example.com', Reason: 'BOUNCE' }),
    );
    await client.send(
      new PutConfigurationSetSuppressionOptionsCommand({ ConfigurationSetName, SuppressedReasons: [] }),
    );
    await sendTo(['a@example.com', 'b@hard.test']);
    await simulator.settled();
    expect(subscriber.events[1]).toMatchObject({ delivery: { recipients: ['a@example.com'] } });
    await expect(suppressed('b@hard.test')).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});
