import { randomUUID } from 'node:crypto';
import {
  SendBulkEmailCommand,
  SendEmailCommand,
  SESv2Client,
  type SESv2ClientConfig,
} from '@aws-sdk/client-sesv2';
import { MailerService, type MailMessage } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';
import { startSesStub } from './support/ses-stub.js';

const MAILS = 5_000;
/** A run of some thousand mails is over before the code that sends them is compiled. */
const WARM_UP = 3;
/** One call each would take a minute for as many. */
const SINGLE_MAILS = 500;
const AT_ONCE = 50;

const FROM = 'Example <no-reply@example.com>';
const TEMPLATE = 'order-shipped';

/** Mails of one template, each to its own recipient with its own data, against an SES that answers at once. */
export async function sendMany(compare: Compare): Promise<void> {
  const stub = await startSesStub();
  const configuration: SESv2ClientConfig = {
    endpoint: stub.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  const [single, bulk] = [new SESv2Client(configuration), new SESv2Client(configuration)];

  for (const kind of await databaseKinds()) {
    const database = await kind.create();
    const host = await startHost(database.options, { client: configuration });
    const mailer = host.get(MailerService);
    await compare({
      title: `sendMany: mails of one template on ${kind.name}, ${AT_ONCE} at a time`,
      unit: 'mails/s',
      better: 'more',
      warmUp: WARM_UP,
      contenders: [
        {
          name: 'nestjs-ses-reputation',
          role: 'ours',
          measure: async () => {
            const mails = list(MAILS, mail);
            const began = performance.now();
            let sent = 0;
            for await (const { status } of mailer.sendMany(mails, { concurrency: AT_ONCE }))
              if (status === 'sent') sent++;
            const seconds = (performance.now() - began) / 1_000;
            if (sent !== MAILS) throw new Error(`${sent} of ${MAILS} mails were sent`);
            return MAILS / seconds;
          },
        },
        {
          name: 'SendEmail, one call each',
          role: 'peer',
          measure: () =>
            perSecond(list(SINGLE_MAILS, mail), AT_ONCE, ({ to, template }) =>
              single.send(
                new SendEmailCommand({
                  FromEmailAddress: FROM,
                  Destination: { ToAddresses: [to] },
                  Content: {
                    Template: { TemplateName: TEMPLATE, TemplateData: JSON.stringify(template.data) },
                  },
                }),
              ),
            ),
        },
        {
          name: 'SendBulkEmail',
          role: 'limit',
          measure: async () => {
            const mails = list(MAILS, mail);
            const began = performance.now();
            for (let i = 0; i < MAILS; i += AT_ONCE) await bulk.send(bulkOf(mails.slice(i, i + AT_ONCE)));
            return MAILS / ((performance.now() - began) / 1_000);
          },
        },
      ],
    });
    await host.close();
    await database.drop();
  }
  for (const used of [single, bulk]) used.destroy();
  stub.stop();
}

type Mail = MailMessage & { to: string; template: { name: string; data: Record<string, unknown> } };

function mail(index: number): Mail {
  return {
    to: `${randomUUID()}@mail-${index % 50}.example.com`,
    template: { name: TEMPLATE, data: { name: `Customer ${index}`, order: index, total: '12.50' } },
  };
}

/** What the SDK's user would write, without the tags by which feedback finds its stream. */
function bulkOf(mails: Mail[]): SendBulkEmailCommand {
  return new SendBulkEmailCommand({
    FromEmailAddress: FROM,
    DefaultContent: { Template: { TemplateName: TEMPLATE, TemplateData: '{}' } },
    BulkEmailEntries: mails.map(({ to, template }) => ({
      Destination: { ToAddresses: [to] },
      ReplacementEmailContent: {
        ReplacementTemplate: { ReplacementTemplateData: JSON.stringify(template.data) },
      },
    })),
  });
}
