import { randomUUID } from 'node:crypto';
import { MailerService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import { perSecond } from './harness/timing.js';
import { startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { databaseKinds } from './support/databases.js';
import { startSesStub } from './support/ses-stub.js';

const MAILS = 500;
const AT_ONCE = 50;
/** More than is ever sent here, so that nothing waits. */
const PER_SECOND = 1_000_000;

/** What it costs a mail to be counted against the shared rate. */
export async function rate(compare: Compare): Promise<void> {
  const stub = await startSesStub();
  const client = {
    endpoint: stub.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  for (const kind of await databaseKinds()) {
    const database = await kind.create();
    const other = await kind.create();
    const limited = await startHost(database.options, { client, rate: { perSecond: PER_SECOND } });
    const free = await startHost(other.options, { client, rate: false });
    const sending = (mailer: MailerService) => () =>
      perSecond(list(MAILS, recipient), AT_ONCE, (to) =>
        mailer.send({ to, subject: 'Your order', text: 'Your order left our warehouse this morning.' }),
      );
    await compare({
      title: `rate: one mail to one recipient on ${kind.name}, ${AT_ONCE} at once`,
      unit: 'mails/s',
      better: 'more',
      contenders: [
        { name: 'with the shared rate', role: 'ours', measure: sending(limited.get(MailerService)) },
        { name: 'rate: false', role: 'limit', measure: sending(free.get(MailerService)) },
      ],
    });
    await Promise.all([limited.close(), free.close()]);
    await Promise.all([database.drop(), other.drop()]);
  }
  stub.stop();
}

function recipient(index: number): string {
  return `${randomUUID()}@mail-${index % 50}.example.com`;
}
