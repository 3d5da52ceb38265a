import { CreateEmailTemplateCommand } from '@aws-sdk/client-sesv2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SendCancelledError, SuppressedAddress } from '../libs/ses-reputation/src/index.js';
import type { MailMessage } from '../libs/ses-reputation/src/mailer/message.js';
import type { SendManyReceipt } from '../libs/ses-reputation/src/mailer/send-many/send-many-options.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { countedCalls, type CountedCalls } from './support/counted-calls.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

let simulator: SesSimulator;
let database: TestDatabase;
let parts: MailerParts;
let calls: CountedCalls;

beforeEach(async () => {
  simulator = await SesSimulator.start({ sendRate: 100_000, quota: -1 });
  database = await sqlite();
  parts = await startMailer(database.options, { client: simulator.clientConfig });
  calls = countedCalls(parts.client);
  for (const TemplateName of ['welcome', 'goodbye']) {
    await parts.client.send(
      new CreateEmailTemplateCommand({ TemplateName, TemplateContent: { Subject: 'Hi', Text: 'Hello' } }),
    );
  }
});

afterEach(async () => {
  calls.letBulkGo();
  await parts.close();
  await database.drop();
  await simulator.stop();
});

function welcome(i: number): MailMessage {
  return { to: `u${i}@example.com`, template: { name: 'welcome' } };
}

/** Messages made one by one, and what was asked of it. */
function source(count: number) {
  const asked = { made: 0, closed: 0 };
  function* make(): Generator<MailMessage> {
    try {
      while (asked.made < count) yield welcome(asked.made++);
    } finally {
      asked.closed++;
    }
  }
  return { asked, messages: make() };
}

async function* asynchronous<T>(messages: Iterable<T>): AsyncGenerator<T> {
  yield* messages;
}

async function* silent(): AsyncGenerator<MailMessage> {
  yield welcome(0);
  yield welcome(1);
  await new Promise(() => undefined);
}

async function take(receipts: AsyncIterator<SendManyReceipt>): Promise<SendManyReceipt> {
  const { value, done } = await receipts.next();
  if (done) throw new Error('no receipt any more');
  return value;
}

function accepted(receipts: SendManyReceipt[]): (string | undefined)[] {
  return receipts.map((receipt) => receipt.accepted[0]);
}

function bulkSent(): string[] {
  return simulator.sent.map(({ destination }) => destination.to[0]!);
}

/** Takes everything, and what is thrown at the end. */
async function drain(
  receipts: AsyncIterable<SendManyReceipt>,
): Promise<{ taken: SendManyReceipt[]; error: unknown }> {
  const taken: SendManyReceipt[] = [];
  try {
    for await (const receipt of receipts) taken.push(receipt);
  } catch (error) {
    return { taken, error };
  }
  return { taken, error: null };
}

describe('how far sendMany goes ahead', () => {
  it.each([
    ['a generator', (messages: Iterable<MailMessage>) => messages],
    ['an async generator', asynchronous],
  ])('never more than twice its concurrency before the taker, of 100,000 messages by %s', async (_, by) => {
    const { asked, messages } = source(100_000);
    const receipts = parts.mailer.sendMany(by(messages), { concurrency: 20 });
    for (let taken = 1; taken <= 500; taken++) {
      await take(receipts);
      expect(asked.made).toBeLessThanOrEqual(taken + 2 * 20);
    }
    await receipts.return();
    expect(asked.closed).toBe(1);
    expect(simulator.sent.length).toBeLessThanOrEqual(500 + 2 * 20);
  });

  it('has no more than its concurrency at SES', async () => {
    calls.holdBulk();
    const receipts = parts.mailer.sendMany(source(1_000).messages, { concurrency: 30 });
    const first = take(receipts);
    await calls.bulkHeld(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls.entries).toEqual([30]);
    calls.letBulkGo();
    await first;
    await receipts.return();
  });

  it('asks for nothing before the first receipt is', async () => {
    const { asked, messages } = source(3);
    const receipts = parts.mailer.sendMany(messages);
    expect(asked.made).toBe(0);
    expect(await drain(receipts)).toMatchObject({ taken: { length: 3 }, error: null });
  });

  it('makes full calls for one who takes receipts slowly', async () => {
    const receipts = parts.mailer.sendMany(source(300).messages, { concurrency: 50 });
    for (let i = 0; i < 300; i++) {
      await take(receipts);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await receipts.next()).toEqual({ done: true, value: undefined });
    expect(calls.entries.reduce((sum, entries) => sum + entries, 0)).toBe(300);
    expect(calls.SendBulkEmail).toBeLessThanOrEqual(8);
  });

  it('looks up again who has waited long for a turn', async () => {
    calls.holdBulk();
    const receipts = parts.mailer.sendMany([welcome(0), welcome(1)].concat([welcome(2), welcome(3)]), {
      concurrency: 2,
    });
    const first = take(receipts);
    await calls.bulkHeld(1);
    await parts.suppress('u2@example.com', { reason: 'complaint' });
    const now = performance.now.bind(performance);
    performance.now = () => now() + 60_000;
    try {
      calls.letBulkGo();
      await first;
      const { taken } = await drain(receipts);
      expect(taken.map(({ status }) => status)).toEqual(['sent', 'suppressed', 'sent']);
    } finally {
      performance.now = now;
    }
    expect(bulkSent()).not.toContain('u2@example.com');
  });
});

describe('an end before the end', () => {
  it('leaving the loop closes the source, sends nothing more, and waits for what is at SES', async () => {
    const { asked, messages } = source(1_000);
    for await (const _ of parts.mailer.sendMany(messages, { concurrency: 10 })) break;
    const { length } = simulator.sent;
    expect(asked.closed).toBe(1);
    expect(length).toBeLessThanOrEqual(1 + 2 * 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(simulator.sent).toHaveLength(length);
  });

  it('a signal: what is at SES has its receipt, the rest fails, and then the reason is thrown', async () => {
    const { asked, messages } = source(1_000);
    const stop = new AbortController();
    calls.holdBulk();
    const draining = drain(parts.mailer.sendMany(messages, { concurrency: 10, signal: stop.signal }));
    await calls.bulkHeld(1);
    const reason = new Error('enough');
    stop.abort(reason);
    calls.letBulkGo();
    const { taken, error } = await draining;
    expect(error).toBe(reason);
    expect(taken).toHaveLength(asked.made);
    expect(taken.map(({ status }) => status)).toEqual(taken.map((_, i) => (i < 10 ? 'sent' : 'failed')));
    for (const receipt of taken.slice(10))
      expect(receipt).toMatchObject({ error: expect.any(SendCancelledError) });
    expect(simulator.sent).toHaveLength(10);
    expect(asked.closed).toBe(1);
  });

  it('a signal ends the waiting for a source that says nothing, and for another attempt', async () => {
    const stop = new AbortController();
    simulator.fail({ throttle: true });
    const draining = drain(parts.mailer.sendMany(silent(), { signal: stop.signal }));
    await calls.bulkHeld(1);
    stop.abort(new Error('enough'));
    const { taken, error } = await draining;
    expect(error).toMatchObject({ message: 'enough' });
    expect(taken).toMatchObject([
      { status: 'failed', error: { code: 'SES_SEND_THROTTLED' } },
      { status: 'failed', error: { code: 'SES_SEND_THROTTLED' } },
    ]);
  });

  it.each([1, 3])('a list that aborts its own signal is closed (%i taken before)', async (before) => {
    const stop = new AbortController();
    let closed = 0;
    function* aborting(): Generator<MailMessage> {
      try {
        for (let i = 0; ; i++) {
          if (i === before) stop.abort(new Error('enough'));
          yield welcome(i);
        }
      } finally {
        closed++;
      }
    }
    const receipts = parts.mailer.sendMany(aborting(), { signal: stop.signal });
    expect((await drain(receipts)).error).toMatchObject({ message: 'enough' });
    expect(closed).toBe(1);
  });

  it('a list of promises is closed by the first that rejects', async () => {
    let closed = 0;
    function* promises(): Generator<Promise<MailMessage>> {
      try {
        yield Promise.resolve(welcome(0));
        yield Promise.reject(new Error('no more'));
      } finally {
        closed++;
      }
    }
    const receipts = parts.mailer.sendMany(promises() as never);
    expect((await drain(receipts)).error).toMatchObject({ message: 'no more' });
    expect(closed).toBe(1);
  });

  it('a signal that has aborted before: nothing is taken', async () => {
    const { asked, messages } = source(3);
    const reason = new Error('too late');
    const receipts = parts.mailer.sendMany(messages, { signal: AbortSignal.abort(reason) });
    await expect(receipts.next()).rejects.toBe(reason);
    expect(asked.made).toBe(0);
  });

  it('a signal after the last message changes nothing', async () => {
    const stop = new AbortController();
    const receipts = parts.mailer.sendMany(source(3).messages, { signal: stop.signal });
    await take(receipts);
    stop.abort();
    const { taken, error } = await drain(receipts);
    expect(error).toBeNull();
    expect(accepted(taken)).toEqual(['u1@example.com', 'u2@example.com']);
  });

  it('the application’s end: what is at SES is waited for, what is not fails, and more can be sent from its hooks', async () => {
    const { asked, messages } = source(1_000);
    calls.holdBulk();
    const draining = drain(parts.mailer.sendMany(messages, { concurrency: 10 }));
    await calls.bulkHeld(1);
    const closing = parts.mailer.beforeApplicationShutdown();
    calls.letBulkGo();
    await closing;
    expect(simulator.sent).toHaveLength(10);
    const { taken, error } = await draining;
    expect(error).toBeInstanceOf(SendCancelledError);
    expect(taken).toHaveLength(asked.made);
    expect(taken.filter(({ status }) => status === 'sent')).toHaveLength(10);
    expect(await drain(parts.mailer.sendMany([welcome(1), welcome(2)]))).toMatchObject({
      taken: [{ status: 'sent' }, { status: 'sent' }],
      error: null,
    });
  });

  it('throws what the source throws as it is closed, to one who leaves', async () => {
    const { messages } = source(10);
    messages.return = () => {
      throw new Error('would not close');
    };
    const receipts = parts.mailer.sendMany(messages, { concurrency: 2 });
    await take(receipts);
    await expect(receipts.return()).rejects.toThrow('would not close');
  });
});

describe('any messages, any failures, any moment to stop', () => {
  type Kind = 'welcome' | 'goodbye' | 'plain' | 'suppressed' | 'broken' | 'keyed';
  const kinds = fc.constantFrom<Kind>(
    'welcome',
    'welcome',
    'goodbye',
    'plain',
    'suppressed',
    'broken',
    'keyed',
  );
  const statuses = fc.constantFrom(
    'SUCCESS',
    'SUCCESS',
    'SUCCESS',
    'ACCOUNT_THROTTLED',
    'MESSAGE_REJECTED',
    'FAILED',
  );

  function message(kind: Kind, i: number, run: number): unknown {
    const to = kind === 'suppressed' ? 'bad@example.com' : `u${i}.${run}@example.com`;
    if (kind === 'broken') return { to, subject: 'x' };
    if (kind === 'plain') return { to, subject: 'x', text: 'x' };
    const template = { name: kind === 'goodbye' ? 'goodbye' : 'welcome' };
    return kind === 'keyed' ? { to, template, idempotencyKey: `${run}:${i}` } : { to, template };
  }

  it('every message that was taken has one receipt, in order, and a mail if and only if it says so', async () => {
    await parts.suppress('bad@example.com');
    expect(await parts.dataSource.manager.count(SuppressedAddress)).toBe(1);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { maxLength: 60 }),
        fc.array(statuses, { maxLength: 20 }),
        fc.record({
          concurrency: fc.integer({ min: 1, max: 20 }),
          abortAfter: fc.option(fc.nat(60)),
          lazy: fc.boolean(),
        }),
        async (wanted, bulkStatuses, { concurrency, abortAfter, lazy }) => {
          const id = ++run;
          const before = simulator.sent.length;
          simulator.fail({ bulkStatuses });
          const messages = wanted.map((kind, i) => message(kind, i, id)) as MailMessage[];
          const stop = new AbortController();
          const receipts = parts.mailer.sendMany(lazy ? asynchronous(messages) : messages, {
            concurrency,
            signal: stop.signal,
          });
          const taken: SendManyReceipt[] = [];
          let error: unknown = null;
          try {
            for await (const receipt of receipts) if (taken.push(receipt) === abortAfter) stop.abort('stop');
          } catch (thrown) {
            error = thrown;
          }
          if (error === null) expect(taken).toHaveLength(messages.length);
          else expect(error).toBe('stop');
          expect(taken.length).toBeLessThanOrEqual(messages.length);
          const sent = simulator.sent.slice(before);
          const byId = new Map(sent.map((mail) => [mail.id, mail.destination.to[0]]));
          for (const [i, receipt] of taken.entries()) {
            if (receipt.status !== 'sent') continue;
            expect(byId.get(receipt.messageId!)).toBe(messages[i]!.to);
          }
          expect(taken.filter(({ status }) => status === 'sent')).toHaveLength(sent.length);
          for (const [i, kind] of wanted.slice(0, taken.length).entries()) {
            if (kind === 'broken') expect(taken[i]!.status).toBe('failed');
            if (kind === 'suppressed') expect(['suppressed', 'failed']).toContain(taken[i]!.status);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
