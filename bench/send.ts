import { randomUUID } from 'node:crypto';
import { SendEmailCommand, SESv2Client, type SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import { createTransport } from 'nodemailer';
import { MailerService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';
import { startSesStub } from './support/ses-stub.js';

const MAILS = 500;
const AT_ONCE = 50;

const FROM = 'Example <no-reply@example.com>';
const SUBJECT = 'Your order is on its way';
const TEXT = 'Your order left our warehouse this morning.\n'.repeat(20);
const HTML = `<!doctype html><h1>On its way</h1>${'<p>Your order left our warehouse this morning.</p>'.repeat(20)}`;

/** A mail of text and HTML to one recipient, against an SES that answers at once. */
export async function send(compare: Compare): Promise<void> {
  const stub = await startSesStub();
  const configuration: SESv2ClientConfig = {
    endpoint: stub.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  const [forNodemailer, bare] = [new SESv2Client(configuration), new SESv2Client(configuration)];
  const transport = createTransport({ SES: { sesClient: forNodemailer, SendEmailCommand } });
  const raw = await composeOnce();

  for (const kind of await databaseKinds()) {
    const database = await kind.create();
    const host = await startHost(database.options, { client: configuration });
    const mailer = host.get(MailerService);
    await compare({
      title: `send: one mail to one recipient on ${kind.name}, ${AT_ONCE} at once`,
      unit: 'mails/s',
      better: 'more',
      contenders: [
        {
          name: 'nestjs-ses-reputation',
          role: 'ours',
          measure: () =>
            perSecond(list(MAILS, recipient), AT_ONCE, (to) =>
              mailer.send({ to, subject: SUBJECT, text: TEXT, html: HTML }),
            ),
        },
        {
          name: "nodemailer's SES transport",
          role: 'peer',
          measure: () =>
            perSecond(list(MAILS, recipient), AT_ONCE, (to) =>
              transport.sendMail({ from: FROM, to, subject: SUBJECT, text: TEXT, html: HTML }),
            ),
        },
        {
          name: 'SendEmail of a ready message',
          role: 'limit',
          measure: () =>
            perSecond(list(MAILS, recipient), AT_ONCE, (to) =>
              bare.send(
                new SendEmailCommand({
                  FromEmailAddress: FROM,
                  Destination: { ToAddresses: [to] },
                  Content: { Raw: { Data: raw } },
                }),
              ),
            ),
        },
      ],
    });
    await host.close();
    await database.drop();
  }
  for (const used of [forNodemailer, bare]) used.destroy();
  stub.stop();
}

function recipient(index: number): string {
  return `${randomUUID()}@mail-${index % 50}.example.com`;
}

async function composeOnce(): Promise<Buffer> {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await composer.sendMail({
    from: FROM,
    to: recipient(0),
    subject: SUBJECT,
    text: TEXT,
    html: HTML,
  });
  return message as Buffer;
}
