import { Readable } from 'node:stream';
import {
  CreateEmailTemplateCommand,
  SESv2Client,
  type SendBulkEmailCommandInput,
} from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  MessageInvalidError,
  RecipientsSuppressedError,
  SendOutcomeUnknownError,
  SendQuotaExceededError,
  SendRejectedError,
  SendingDisabledError,
  SesUnavailableError,
  SuppressionUnavailableError,
} from '../libs/ses-reputation/src/index.js';
import type { MailMessage } from '../libs/ses-reputation/src/mailer/message.js';
import type {
  SendManyProgress,
  SendManyReceipt,
} from '../libs/ses-reputation/src/mailer/send-many/send-many-options.js';
import type { SesReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { SesSimulator, type SentMail } from '../libs/ses-reputation/src/testing/index.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';
import { countedCalls, type CountedCalls } from './support/counted-calls.js';

const TEMPLATES = { welcome: 'Hi {{name}}', goodbye: 'Bye {{name}}' };
const STREAMS = {
  transactional: { priority: 'critical' },
  newsletter: { priority: 'bulk' },
} as const;

let simulator: SesSimulator;
let database: TestDatabase;
let parts: MailerParts;
let calls: CountedCalls;

async function start(options: Partial<SesReputationOptions> = {}, given?: TestDatabase): Promise<void> {
  simulator = await SesSimulator.start({ sendRate: 10_000 });
  database = given ?? (await sqlite());
  parts = await startMailer(database.options, {
    client: simulator.clientConfig,
    streams: STREAMS,
    ...options,
  });
  calls = countedCalls(parts.client);
  for (const [TemplateName, Subject] of Object.entries(TEMPLATES)) {
    await parts.client.send(
      new CreateEmailTemplateCommand({ TemplateName, TemplateContent: { Subject, Text: 'Hello' } }),
    );
  }
}

async function stop(): Promise<void> {
  await parts.close();
  await database.drop();
  await simulator.stop();
}

function welcome(i: number, more: Partial<MailMessage> = {}): MailMessage {
  return { to: `u${i}@example.com`, template: { name: 'welcome', data: { name: `N${i}` } }, ...more };
}

function welcomes(count: number, more: Partial<MailMessage> = {}): MailMessage[] {
  return Array.from({ length: count }, (_, i) => welcome(i, more));
}

async function receiptsOf(
  messages: Iterable<unknown> | AsyncIterable<unknown>,
  options?: object,
): Promise<SendManyReceipt[]> {
  const receipts: SendManyReceipt[] = [];
  for await (const receipt of parts.mailer.sendMany(messages as MailMessage[], options))
    receipts.push(receipt);
  return receipts;
}

async function* broken(): AsyncGenerator<MailMessage> {
  yield* welcomes(3);
  throw new Error('the cursor is gone');
}

function errorOf(receipt: SendManyReceipt | undefined): Error | undefined {
  return receipt?.status === 'failed' ? receipt.error : undefined;
}

function mailTo(address: string): SentMail[] {
  return simulator.sent.filter(({ destination }) => destination.to.includes(address));
}

describe.each(databaseKinds())('MailerService.sendMany on $name', ({ create }) => {
  beforeEach(async () => start({ configurationSet: 'main', app: 'shop' }, await create()));
  afterEach(stop);

  it('sends a list in few calls, each message its own mail, and gives receipts in its order', async () => {
    await parts.suppress('u3@example.com', { reason: 'complaint' });
    await parts.suppress('u5@example.com', { scope: 'newsletter', reason: 'unsubscribe' });
    const messages = welcomes(120, {
      stream: 'newsletter',
      tags: { campaign: 'may' },
      headers: { 'X-Campaign': 'may' },
    });
    messages[4]!.cc = 'u3@example.com';
    messages[7] = { to: 'u7@example.com', subject: 'One of its own', text: 'Hello' };
    messages[9] = { to: 'nobody' };

    const receipts = await receiptsOf(messages);

    expect(receipts.map(({ status }) => status)).toEqual(
      messages.map((_, i) =>
        i === 3 || i === 5 ? 'suppressed' : i === 4 ? 'partial' : i === 9 ? 'failed' : 'sent',
      ),
    );
    expect(errorOf(receipts[9])).toBeInstanceOf(MessageInvalidError);
    expect(receipts[4]).toMatchObject({
      accepted: ['u4@example.com'],
      suppressed: [{ address: 'u3@example.com', reason: 'complaint' }],
    });
    expect(simulator.sent).toHaveLength(117);
    for (const [i, { messageId, accepted }] of receipts.entries()) {
      if (messageId === null) continue;
      expect(accepted).toEqual([`u${i}@example.com`]);
      expect(simulator.sent.find(({ id }) => id === messageId)!.destination.to).toEqual([
        `u${i}@example.com`,
      ]);
    }
    expect(mailTo('u11@example.com')).toMatchObject([
      {
        subject: 'Hi N11',
        configurationSet: 'main',
        from: 'Example <no-reply@example.com>',
        tags: { campaign: 'may', 'ses-reputation': 'newsletter', 'ses-reputation-app': 'shop' },
        headers: expect.arrayContaining([{ name: 'X-Campaign', value: 'may' }]),
      },
    ]);
    expect(calls.SendEmail).toBe(1);
    expect(calls.SendBulkEmail).toBeLessThanOrEqual(4);
    expect(parts.events.filter(({ name }) => name === 'ses.send.sent')).toHaveLength(117);
    expect(parts.events.filter(({ name }) => name === 'ses.send.suppressed')).toHaveLength(3);
    expect(parts.events.filter(({ name }) => name === 'ses.send.failed')).toHaveLength(0);
    await parts.reputation.flush();
    const buckets = await parts.dataSource.manager.findBy(ReputationBucket, { dimension: 'account' });
    expect(buckets.reduce((sum, { sent }) => sum + sent, 0)).toBe(117);
  });
});

describe('MailerService.sendMany', () => {
  beforeEach(() => start());
  afterEach(stop);

  it('finds those that share a template wherever they stand', async () => {
    const messages = Array.from({ length: 100 }, (_, i) =>
      welcome(i, { template: { name: i % 2 ? 'goodbye' : 'welcome', data: { name: `N${i}` } } }),
    );
    const receipts = await receiptsOf(messages);
    expect(receipts.map(({ accepted }) => accepted[0])).toEqual(messages.map(({ to }) => to));
    expect(calls).toMatchObject({ SendEmail: 0, SendBulkEmail: 2 });
    expect(mailTo('u8@example.com')[0]!.subject).toBe('Hi N8');
    expect(mailTo('u9@example.com')[0]!.subject).toBe('Bye N9');
  });

  it('keeps apart what one call says once: sender, replies, set, stream', async () => {
    const receipts = await receiptsOf([
      welcome(0),
      welcome(1, { from: 'other@example.com' }),
      welcome(2, { replyTo: 'help@example.com' }),
      welcome(3, { configurationSet: 'main' }),
      welcome(4, { stream: 'newsletter' }),
      welcome(5),
    ]);
    expect(receipts.every(({ status }) => status === 'sent')).toBe(true);
    expect(calls).toMatchObject({ SendEmail: 4, SendBulkEmail: 1 });
    expect(mailTo('u1@example.com')[0]!.from).toBe('other@example.com');
    expect(mailTo('u3@example.com')[0]!.configurationSet).toBe('main');
    expect(mailTo('u4@example.com')[0]!.tags['ses-reputation']).toBe('newsletter');
    expect(mailTo('u5@example.com')[0]!.configurationSet).toBeUndefined();
  });

  it.each([true, false])(
    'shows a ready client’s own middleware the whole call (it is kept: %j)',
    async (kept) => {
      await parts.close();
      const client = new SESv2Client({ ...simulator.clientConfig, cacheMiddleware: kept });
      const seen: number[] = [];
      client.middlewareStack.add(
        (next) => (args) => {
          const input = args.input as SendBulkEmailCommandInput;
          seen.push(input.BulkEmailEntries!.length);
          return next({ ...args, input: { ...input, FromEmailAddress: 'other@example.com' } });
        },
        { step: 'initialize', name: 'hostsOwn' },
      );
      parts = await startMailer(database.options, { client, streams: STREAMS });
      const receipts = await receiptsOf(welcomes(70));
      client.destroy();
      expect(receipts.every(({ status }) => status === 'sent')).toBe(true);
      expect(seen).toEqual([50, 20]);
      const ends = [...mailTo('u0@example.com'), ...mailTo('u69@example.com')];
      expect(ends.map(({ subject, from }) => [subject, from])).toEqual([
        ['Hi N0', 'other@example.com'],
        ['Hi N69', 'other@example.com'],
      ]);
    },
  );

  it('sends by itself what a bulk call can’t hold: attachments, and messages with an idempotencyKey, once', async () => {
    const key = { idempotencyKey: 'once' };
    const receipts = await receiptsOf([
      welcome(0),
      welcome(1, { attachments: [{ filename: 'a.txt', content: 'a' }] }),
      welcome(2, key),
      welcome(2, key),
      welcome(3),
    ]);
    expect(calls).toMatchObject({ SendEmail: 2, SendBulkEmail: 1 });
    expect(mailTo('u1@example.com')[0]!.attachments).toHaveLength(1);
    expect(receipts[3]).toEqual(receipts[2]);
    expect(mailTo('u2@example.com')).toHaveLength(1);
  });

  it('takes lists, generators, and sources that wait', async () => {
    async function* slowly() {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield welcome(i);
      }
    }
    expect(await receiptsOf(slowly())).toHaveLength(5);
    expect(await receiptsOf(new Set([welcome(5), welcome(6)]))).toHaveLength(2);
    expect(await receiptsOf([Promise.resolve(welcome(7))])).toMatchObject([{ status: 'sent' }]);
    expect(await receiptsOf(Readable.from([welcome(8)]))).toMatchObject([{ status: 'sent' }]);
    expect(await receiptsOf([])).toEqual([]);
    expect(simulator.sent).toHaveLength(9);
  });

  it('gives a failed receipt for what is no message, with the error of send', async () => {
    const hostile = {
      get to(): string {
        throw new Error('no');
      },
    };
    const receipts = await receiptsOf([
      null,
      'text',
      { to: 'ann@example.com' },
      hostile,
      welcome(0),
      welcome(1, { headers: { 'X-Ü': 'x' } }),
      welcome(2, { headers: { 'X-Long': 'x'.repeat(1_000) } }),
    ]);
    expect(receipts.map(({ status }) => status)).toEqual([
      'failed',
      'failed',
      'failed',
      'failed',
      'sent',
      'failed',
      'failed',
    ]);
    expect(errorOf(receipts[0])).toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'message' });
    expect(errorOf(receipts[2])).toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'text' });
    expect(errorOf(receipts[6])).toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'headers.X-Long' });
  });

  it.each([
    [null, {}, 'messages'],
    ['ann@example.com', {}, 'messages'],
    [{ to: 'ann@example.com' }, {}, 'messages'],
    [[], null, 'options'],
    [[], { concurrent: 1 }, 'options.concurrent'],
    [[], { concurrency: 0 }, 'options.concurrency'],
    [[], { concurrency: 1.5 }, 'options.concurrency'],
    [[], { signal: {} }, 'options.signal'],
    [[], { onProgress: 1 }, 'options.onProgress'],
  ])('refuses sendMany(%j, %j) at once', (messages, options, field) => {
    expect(() => parts.mailer.sendMany(messages as never, options as never)).toThrow(
      expect.objectContaining({ code: 'SES_MESSAGE_INVALID', field }),
    );
  });

  it('gives what RecipientsSuppressedError says as a failed receipt', async () => {
    await parts.suppress('u0@example.com');
    const receipts = await receiptsOf(welcomes(2, { onSuppressed: 'throw' }));
    expect(errorOf(receipts[0])).toBeInstanceOf(RecipientsSuppressedError);
    expect(receipts[1]!.status).toBe('sent');
    expect(parts.events.map(({ name }) => name)).not.toContain('ses.send.failed');
  });

  it('fails closed and open by stream when the list can’t be read', async () => {
    await parts.dataSource.query('drop table ses_suppressed_address');
    const receipts = await receiptsOf([
      welcome(0, { stream: 'newsletter' }),
      welcome(1, { stream: 'transactional' }),
      welcome(2, { stream: 'newsletter' }),
      welcome(3, { stream: 'transactional' }),
    ]);
    expect(receipts.map(({ status }) => status)).toEqual(['failed', 'sent', 'failed', 'sent']);
    expect(errorOf(receipts[0])).toBeInstanceOf(SuppressionUnavailableError);
    expect(parts.events.filter(({ name }) => name === 'ses.send.failed')).toHaveLength(2);
    expect(
      parts.events.filter(({ name, payload }) => name === 'ses.send.sent' && payload.unchecked),
    ).toHaveLength(2);
  });

  it('throws what the source throws, after the receipts of what it gave before', async () => {
    const receipts: SendManyReceipt[] = [];
    const sending = (async () => {
      for await (const receipt of parts.mailer.sendMany(broken())) receipts.push(receipt);
    })();
    await expect(sending).rejects.toThrow('the cursor is gone');
    expect(receipts.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent']);
  });

  it('tells of progress, and at the end of all', async () => {
    const seen: SendManyProgress[] = [];
    await parts.suppress('u1@example.com');
    await receiptsOf([...welcomes(3), { to: 'nobody' }], {
      onProgress: (progress: SendManyProgress) => seen.push(progress),
    });
    expect(seen.at(-1)).toEqual({ done: 4, sent: 2, partial: 0, suppressed: 1, paused: 0, failed: 1 });
  });
});

describe('what SES answers to entries of a bulk call', () => {
  beforeEach(() => start());
  afterEach(stop);

  it('tries again those alone of which nothing was sent', async () => {
    simulator.fail({ bulkStatuses: ['SUCCESS', 'ACCOUNT_THROTTLED', 'TRANSIENT_FAILURE', 'SUCCESS'] });
    const receipts = await receiptsOf(welcomes(4));
    expect(receipts.map(({ status }) => status)).toEqual(['sent', 'sent', 'sent', 'sent']);
    expect(calls.SendBulkEmail).toBe(2);
    for (const [i, { messageId }] of receipts.entries())
      expect(mailTo(`u${i}@example.com`).map(({ id }) => id)).toEqual([messageId]);
  });

  it.each([
    ['ACCOUNT_DAILY_QUOTA_EXCEEDED', SendQuotaExceededError, undefined],
    ['ACCOUNT_SUSPENDED', SendingDisabledError, undefined],
    ['ACCOUNT_SENDING_PAUSED', SendingDisabledError, undefined],
    ['CONFIGURATION_SET_SENDING_PAUSED', SendingDisabledError, undefined],
    ['MESSAGE_REJECTED', SendRejectedError, 'MessageRejected'],
    ['TEMPLATE_NOT_FOUND', SendRejectedError, 'NotFoundException'],
    ['INVALID_PARAMETER', SendRejectedError, 'BadRequestException'],
    ['FAILED', SendRejectedError, 'FAILED'],
  ])('%s fails that message alone, as send would', async (status, kind, sesError) => {
    simulator.fail({ bulkStatuses: ['SUCCESS', status] });
    const receipts = await receiptsOf(welcomes(3));
    expect(receipts.map((receipt) => receipt.status)).toEqual(['sent', 'failed', 'sent']);
    expect(errorOf(receipts[1])).toBeInstanceOf(kind);
    if (sesError) expect(errorOf(receipts[1])).toMatchObject({ sesError });
    expect(calls.SendBulkEmail).toBe(1);
    expect(parts.events.filter(({ name }) => name === 'ses.send.failed')).toMatchObject([
      { payload: { recipients: ['u1@example.com'] } },
    ]);
  });

  it('gives a probe’s share back for what SES surely did not take, and for nothing else', async () => {
    let givenBack = 0;
    parts.guard.pass = () => ({ pause: null, giveBack: () => givenBack++ });
    simulator.fail({ bulkStatuses: ['SUCCESS', 'FAILED'] });
    await receiptsOf(welcomes(3));
    expect(givenBack).toBe(1);
    simulator.fail({ sesOutage: { kind: 'cut-after', operations: ['SendBulkEmail'] } });
    await receiptsOf(welcomes(3));
    expect(givenBack).toBe(1);
  });

  it('never repeats a call whose outcome is unknown', async () => {
    simulator.fail({ sesOutage: { kind: 'cut-after', operations: ['SendBulkEmail'] } });
    const receipts = await receiptsOf(welcomes(3));
    for (const receipt of receipts) expect(errorOf(receipt)).toBeInstanceOf(SendOutcomeUnknownError);
    expect(calls).toMatchObject({ SendEmail: 0, SendBulkEmail: 1 });
    expect(simulator.sent).toHaveLength(3);
  });

  it('tries the call again where SES surely did nothing, and then gives up', async () => {
    simulator.fail({ sesOutage: { status: 503, calls: 1, operations: ['SendBulkEmail'] } });
    expect(await receiptsOf(welcomes(2))).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
    simulator.fail({ sesOutage: { status: 503, operations: ['SendBulkEmail'] } });
    const receipts = await receiptsOf(welcomes(2));
    for (const receipt of receipts) expect(errorOf(receipt)).toBeInstanceOf(SesUnavailableError);
    expect(calls.SendBulkEmail).toBe(2 + 5);
  });

  it('sends one by one where IAM forbids the bulk call, and asks for it once only', async () => {
    simulator.fail({ denied: ['SendBulkEmail'] });
    const receipts = await receiptsOf(welcomes(120), { concurrency: 50 });
    expect(receipts.every(({ status }) => status === 'sent')).toBe(true);
    expect(calls).toMatchObject({ SendEmail: 120, SendBulkEmail: 1 });
  });

  it('sends one by one what SES refuses as a call, so that one bad message fails alone', async () => {
    calls.refuseBulk('BadRequestException');
    const receipts = await receiptsOf(welcomes(3));
    expect(receipts.every(({ status }) => status === 'sent')).toBe(true);
    expect(calls).toMatchObject({ SendEmail: 3, SendBulkEmail: 1 });
  });

  it('can’t tell what became of entries that SES says nothing of', async () => {
    calls.shortenBulk();
    const receipts = await receiptsOf(welcomes(3));
    for (const receipt of receipts) expect(errorOf(receipt)).toBeInstanceOf(SendOutcomeUnknownError);
    expect(calls).toMatchObject({ SendEmail: 0, SendBulkEmail: 1 });
  });
});
