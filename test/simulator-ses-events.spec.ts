import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CreateEmailTemplateCommand, SendEmailCommand } from '@aws-sdk/client-sesv2';
import {
  sendTo,
  startWithSubscriber,
  stopBoth,
  subscriber,
  suppressed,
  types,
} from './support/ses-feedback.js';
import { simpleMail } from './support/ses-mail.js';
import { client, simulator } from './support/ses-session.js';
import { UnknownRecipientError, type BounceDetails } from 'nestjs-ses-reputation/testing';

const welcomeMail = (TemplateData: string) =>
  new SendEmailCommand({
    ...simpleMail(['ann@example.com']),
    Content: { Template: { TemplateName: 'welcome', TemplateData } },
  });

describe('events of the simulated SES', () => {
  beforeEach(startWithSubscriber);
  afterEach(stopBoth);

  it('publishes what a test asks for: bounce, complaint, delay, reject, open and click', async () => {
    const id = await sendTo(['ann@example.com', 'bob@example.org', 'eve@example.com']);
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

  it.each<[string, BounceDetails, Record<string, string>]>([
    ['nothing', {}, { status: '5.1.1', diagnosticCode: 'smtp; 550 5.1.1 user unknown' }],
    [
      'a diagnostic with a status in it',
      { diagnosticCode: 'smtp; 554 5.7.1 blocked' },
      { status: '5.7.1', diagnosticCode: 'smtp; 554 5.7.1 blocked' },
    ],
    [
      'a diagnostic with an address that is no status',
      { diagnosticCode: 'smtp; 554 [4.5.6.7] listed, see 15.5.1.2' },
      { diagnosticCode: 'smtp; 554 [4.5.6.7] listed, see 15.5.1.2' },
    ],
    ['no diagnostic at all', { diagnosticCode: null }, {}],
    [
      'a status and a diagnostic',
      { status: '5.0.0', diagnosticCode: 'smtp; 554 5.7.1 blocked' },
      { status: '5.0.0', diagnosticCode: 'smtp; 554 5.7.1 blocked' },
    ],
    ['a status that the usual diagnostic would contradict', { status: '5.7.1' }, { status: '5.7.1' }],
  ])('never says two things about one bounce: given %s', async (_, details, expected) => {
    const id = await sendTo(['ann@example.com']);
    simulator.bounce(id, details);
    await simulator.settled();
    expect(subscriber.events.at(-1)).toMatchObject({
      bounce: {
        bouncedRecipients: [{ emailAddress: 'ann@example.com', action: 'failed', ...expected }],
      },
    });
    const [recipient] = (subscriber.events.at(-1)!.bounce as { bouncedRecipients: object[] })
      .bouncedRecipients;
    expect(Object.keys(recipient!).toSorted()).toEqual(
      ['action', 'emailAddress', ...Object.keys(expected)].toSorted(),
    );
  });

  it('takes shorter names: type, subType, recipient', async () => {
    const id = await sendTo(['ann@example.com', 'bob@example.com']);
    simulator.bounce(id, { type: 'Transient', subType: 'MailboxFull', recipient: 'Bob@Example.com' });
    simulator.complain(id, {
      type: 'not-spam',
      subType: 'OnAccountSuppressionList',
      recipient: 'ann@example.com',
    });
    simulator.complain(id, { type: null, recipient: 'ann@example.com' });
    simulator.delay(id, { recipient: 'ann@example.com' });
    await simulator.settled();
    expect(subscriber.events.slice(2)).toMatchObject([
      {
        bounce: {
          bounceType: 'Transient',
          bounceSubType: 'MailboxFull',
          bouncedRecipients: [{ emailAddress: 'Bob@Example.com', status: '4.2.2' }],
        },
      },
      {
        complaint: {
          complaintFeedbackType: 'not-spam',
          complaintSubType: 'OnAccountSuppressionList',
          complainedRecipients: [{ emailAddress: 'ann@example.com' }],
        },
      },
      { complaint: { complaintSubType: null } },
      { deliveryDelay: { delayedRecipients: [{ emailAddress: 'ann@example.com' }] } },
    ]);
    expect(subscriber.events[4]!.complaint).not.toHaveProperty('complaintFeedbackType');
  });

  it('refuses details that an event does not have, and recipients that the mail did not have', async () => {
    const id = await sendTo(['ann@example.com']);
    const bounce = (details: object) => () => simulator.bounce(id, details);
    const complain = (details: object) => () => simulator.complain(id, details);
    expect(bounce({ kind: 'hard' })).toThrow(TypeError);
    expect(bounce({ kind: 'hard' })).toThrow(/no kind; expected bounceType, type, .*; got kind: 'hard'/);
    expect(bounce({ type: 'hard' })).toThrow(RangeError);
    expect(bounce({ bounceType: 'Hard' })).toThrow(/bounceType is 'Hard'; expected one of 'Permanent'/);
    expect(bounce({ type: 'Transient', bounceType: 'Permanent' })).toThrow(/two names of one thing/);
    expect(bounce({ status: 511 })).toThrow(/status is 511; expected a string or null/);
    expect(bounce({ recipients: 'ann@example.com' })).toThrow(TypeError);
    expect(bounce({ recipients: [] })).toThrow(RangeError);
    expect(bounce({ recipient: 'ann@example.com', recipients: ['ann@example.com'] })).toThrow(TypeError);
    expect(complain({ bounceType: 'Permanent' })).toThrow(/no bounceType/);
    expect(complain({ type: true })).toThrow(/type is true; expected a string or null/);
    expect(() => simulator.delay(id, { type: 'MailboxFull' } as never)).toThrow(/no type/);
    expect(() => simulator.open(id, { ip: '192.0.2.1' } as never)).toThrow(/no ip/);
    expect(() => simulator.click(id, { url: 'https://example.com/' } as never)).toThrow(/no url/);
    const eve = /"eve@example.com" is no recipient of mail ".*"\. It went to ann@example.com\./;
    expect(bounce({ recipient: 'eve@example.com' })).toThrow(eve);
    expect(complain({ recipients: ['eve@example.com'] })).toThrow(UnknownRecipientError);
    expect(() => simulator.delay(id, { recipient: 'eve@example.com' })).toThrow(eve);
    await simulator.settled();
    expect(types()).toEqual(['Send', 'Delivery']);
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
});
