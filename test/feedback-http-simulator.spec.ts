import { afterEach, describe, expect, it } from '@jest/globals';
import { MailerService } from '../libs/ses-reputation/src/mailer/mailer.service.js';
import { SuppressionService } from '../libs/ses-reputation/src/suppression/suppression.service.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';

const SET_UPS = PLATFORMS.flatMap(({ name, adapter }) =>
  (['1', '2'] as const).map((version) => ({ name, adapter, version })),
);

describe.each(SET_UPS)('SES and SNS, simulated, with signature version $version and $name', (setUp) => {
  let simulator: SesSimulator;
  let host: FeedbackHost;
  afterEach(async () => {
    await host?.stop();
    await simulator?.stop();
  });

  it('confirm the subscription, and suppress who bounces', async () => {
    simulator = await SesSimulator.start({ signatureVersion: setUp.version });
    host = await FeedbackHost.start({ adapter: setUp.adapter, simulator });
    await simulator.subscribe(`${host.url}/ses/feedback`);
    const mailer = host.get(MailerService);
    const mail = { to: ['nobody@hard.test', 'ann@example.com'], subject: 'Bread', text: 'Fresh.' };
    const sent = await mailer.send(mail);
    await simulator.settled();

    expect([...(await host.get(SuppressionService).check(mail.to)).values()]).toMatchObject([
      { reason: 'hard-bounce', scope: '*' },
    ]);
    await host.settled();
    const of = (name: string) => host.events.filter((event) => event.name === name);
    expect(of('ses.feedback.subscribed')).toHaveLength(1);
    expect(of('ses.suppression.added')).toMatchObject([
      { payload: { address: 'nobody@hard.test', messageId: sent.messageId } },
    ]);
    expect(await mailer.send({ ...mail, to: 'nobody@hard.test' })).toMatchObject({ status: 'suppressed' });
    expect(simulator.sent).toHaveLength(1);
  });
});
