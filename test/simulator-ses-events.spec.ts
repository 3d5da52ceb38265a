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
