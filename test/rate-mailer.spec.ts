import { CreateEmailTemplateCommand } from '@aws-sdk/client-sesv2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SendRate } from '../libs/ses-reputation/src/rate/send-rate.js';
import { SesSimulator, type SesSimulatorOptions } from '../libs/ses-reputation/src/testing/index.js';
import type { SesReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { countedCalls } from './support/counted-calls.js';
import { databaseKinds } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';
import { until } from './support/sns-harness.js';

const STREAMS = { codes: { priority: 'critical' }, newsletter: { priority: 'bulk' } } as const;

describe.each(databaseKinds())('the mailer and the rate of the account, on $name', (kind) => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  async function start(
    simulated: SesSimulatorOptions,
    given: Partial<SesReputationOptions> = {},
  ): Promise<{ simulator: SesSimulator; parts: MailerParts; send: Send }> {
    const simulator = await SesSimulator.start(simulated);
    cleanUps.push(() => simulator.stop());
    const database = await kind.create();
    cleanUps.push(() => database.drop());
    const options = { client: simulator.clientConfig, streams: STREAMS, rate: {}, ...given };
    const parts = await startMailer(database.options, options);
    cleanUps.push(() => parts.close());
    let sent = 0;
    const send: Send = (stream, to = [`reader-${sent++}@example.com`]) =>
      parts.mailer.send({ to, stream, subject: stream, text: 'Hello' });
    return { simulator, parts, send };
  }

  type Send = (stream: keyof typeof STREAMS, to?: string[]) => ReturnType<MailerParts['mailer']['send']>;

  /** Starts with a rate of two a second that is known, and its window used up. */
  async function waiting() {
    const started = await start({ sendRate: 2 });
    const { send, parts } = started;
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 2);
    // What is asked from here on is asked again after the wait.
    const later = async (...out: string[]) => {
      for (const address of out) await parts.suppress(address);
      parts.clock.aheadMs += 11_000;
    };
    const sentTo = () =>
      started.simulator.sent.flatMap(({ destination: { to, cc } }) => [...to, ...cc].map(String));
    return { ...started, later, sentTo };
  }

  it('waits for its turn instead of being throttled, critical mail first', async () => {
    const { simulator, send, parts } = await start({ sendRate: 10 });
    let throttled = 0;
    parts.client.middlewareStack.add(
      (next) => (args) =>
        next(args).catch((error: Error) => {
          if (error.message.includes('sending rate')) throttled++;
          throw error;
        }),
      { step: 'deserialize', priority: 'high' },
    );
    // The first learns the rate.
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 10);
    const bulk = Array.from({ length: 25 }, () => send('newsletter'));
    await until(() => simulator.sent.length > 5);
    await send('codes');
    const before = simulator.sent.filter(({ subject }) => subject === 'newsletter').length;
    expect(before).toBeLessThan(25);
    await Promise.all(bulk);
    expect(simulator.sent).toHaveLength(27);
    expect(throttled).toBe(0);
  });

  it('has as many sockets as the rate needs, in the client that the module makes', async () => {
    const { send, parts } = await start({ sendRate: 1_000 });
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 1_000);
    const handler = parts.client.config.requestHandler as unknown as {
      httpHandlerConfigs(): { httpAgent: { maxSockets: number } };
    };
    expect(handler.httpHandlerConfigs().httpAgent.maxSockets).toBe(500);
  });

  it('keeps the rest of the quota for critical mail', async () => {
    const { simulator, send, parts } = await start({ sendRate: 1_000, quota: 20 });
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 1_000);
    await send(
      'newsletter',
      Array.from({ length: 10 }, (_, n) => `ann${n}@example.com`),
    );
    const refused = async (stream: keyof typeof STREAMS): Promise<Error> => {
      for (;;) {
        const error = await send(stream).then(
          () => null,
          (thrown: Error) => thrown,
        );
        if (error) return error;
      }
    };
    expect(await refused('newsletter')).toMatchObject({
      code: 'SES_SEND_QUOTA_EXCEEDED',
      message: expect.stringContaining('kept for critical streams'),
    });
    const recipients = () => simulator.sent.flatMap(({ destination }) => destination.to).length;
    // 18 of 20, or one more: SES may have answered just before it took the first.
    expect(recipients()).toBeGreaterThanOrEqual(18);
    expect(recipients()).toBeLessThanOrEqual(19);
    // The rest is critical mail's, until SES itself refuses.
    expect(await refused('codes')).toMatchObject({
      code: 'SES_SEND_QUOTA_EXCEEDED',
      message: expect.stringContaining('is used up'),
    });
    expect(recipients()).toBe(20);
  });

  it('counts recipients, and goes by the options where IAM forbids to ask', async () => {
    const { simulator, send, parts } = await start({ sendRate: 1_000 }, { rate: { perSecond: 5 } });
    simulator.fail({ denied: ['GetAccount'] });
    await send('codes', ['ann@example.com', 'bob@example.com']);
    await until(() => parts.rate.status?.perSecond === 5);
    const all = Array.from({ length: 6 }, () => send('codes', ['ann@example.com', 'bob@example.com']));
    await Promise.all(all);
    const times = simulator.sent.map(({ at }) => at.getTime());
    // Two mails of two in a second, so that seven take three and more.
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(2_500);
  });

  it('hears of a new rate soon after SES has throttled', async () => {
    const { simulator, send, parts } = await start({ sendRate: 100 });
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 100);
    simulator.setAccount({ sendRate: 4 });
    parts.clock.aheadMs = 11_000;
    await Promise.all(Array.from({ length: 12 }, () => send('codes')));
    await until(() => parts.rate.status?.perSecond === 4);
    expect(simulator.sent).toHaveLength(13);
  });

  it('sends many in calls that the rate has room for, and stops waiting when it is stopped', async () => {
    const { simulator, send, parts } = await start({ sendRate: 10 });
    await parts.client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'news',
        TemplateContent: { Subject: 'news', Text: 'Hello' },
      }),
    );
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 10);
    const calls = countedCalls(parts.client);
    const stop = new AbortController();
    const source = Array.from({ length: 40 }, (_, n) => ({
      to: `reader-${n}@example.com`,
      stream: 'newsletter',
      template: { name: 'news' },
    }));
    const statuses: string[] = [];
    const codes = new Set<unknown>();
    const reading = (async () => {
      for await (const receipt of parts.mailer.sendMany(source, { signal: stop.signal })) {
        statuses.push(receipt.status);
        if (receipt.status === 'failed') codes.add((receipt.error as { code?: string }).code);
      }
    })();
    await until(() => simulator.sent.length >= 10);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    const sent = simulator.sent.length - 1;
    expect(statuses.filter((status) => status === 'sent')).toHaveLength(sent);
    expect(statuses).toHaveLength(40);
    expect([...codes]).toEqual(['SES_SEND_CANCELLED']);
    // 9 of 10 a second are not kept for critical mail: no call is for more, and SES refused none.
    expect(Math.max(...calls.entries)).toBeLessThanOrEqual(9);
    expect(calls.entries.reduce((sum, size) => sum + size, 0)).toBe(sent);
  });

  it('asks again about who was suppressed during the wait: sends to the others alone, or not at all', async () => {
    const { parts, send, later, sentTo } = await waiting();
    const first = Array.from({ length: 4 }, () => send('codes'));
    const both = send('codes', ['ann@example.com', 'bob@example.com']);
    const one = send('codes', ['out@example.com']);
    await first[0];
    await later('ann@example.com', 'out@example.com');
    expect(await both).toMatchObject({
      status: 'partial',
      accepted: ['bob@example.com'],
      suppressed: [{ address: 'ann@example.com' }],
    });
    expect(await one).toMatchObject({ status: 'suppressed', suppressed: [{ address: 'out@example.com' }] });
    await Promise.all(first);
    expect(sentTo()).toContain('bob@example.com');
    expect(sentTo()).not.toContain('ann@example.com');
    expect(sentTo()).not.toContain('out@example.com');
    expect(parts.events.filter(({ name }) => name === 'ses.send.suppressed')).toHaveLength(2);
  });

  it('leaves who was suppressed during the wait out of a bulk call', async () => {
    const { simulator, parts, send, later, sentTo } = await waiting();
    await parts.client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'news',
        TemplateContent: { Subject: 'news', Text: 'Hello' },
      }),
    );
    const before = Array.from({ length: 4 }, () => send('codes'));
    const many = Array.from({ length: 6 }, (_, n) => ({
      to: `n${n}@example.com`,
      stream: 'codes',
      template: { name: 'news' },
    }));
    const receipts: string[] = [];
    const reading = (async () => {
      for await (const { status } of parts.mailer.sendMany(many)) receipts.push(status);
    })();
    await until(() => (parts.rate.status?.waiting.critical ?? 0) > 4);
    await later('n0@example.com', 'n5@example.com');
    await Promise.all([...before, reading]);
    expect(receipts).toEqual(['suppressed', 'sent', 'sent', 'sent', 'sent', 'suppressed']);
    expect(sentTo()).not.toContain('n0@example.com');
    expect(sentTo()).not.toContain('n5@example.com');
    expect(simulator.sent).toHaveLength(9);
  });

  it('goes on without its database, and gives up what waits when it closes', async () => {
    const { send, parts } = await start({ sendRate: 2 }, { rate: { perSecond: 2 } });
    await send('codes');
    await until(() => parts.rate.status?.perSecond === 2);
    await parts.dataSource.destroy();
    await send('codes');
    const late = Array.from({ length: 4 }, () => send('codes').catch((error: unknown) => error));
    await late[0];
    const closing = parts.rate.beforeApplicationShutdown();
    expect(await late[3]).toMatchObject({
      code: 'SES_SEND_CANCELLED',
      message: expect.stringContaining('the application began to close'),
    });
    await closing;
    expect(await send('codes')).toMatchObject({ status: 'sent' });
  });
});

describe('rate: false', () => {
  it('asks nobody, and holds up nothing', async () => {
    const parts = await startMailer(
      { type: 'better-sqlite3', database: ':memory:' },
      { client: { region: 'us-east-1' } },
    );
    const turns = parts.rate.turnsOf(1_000_000, 'bulk');
    expect(turns.next()).toBeUndefined();
    expect(parts.rate).toBeInstanceOf(SendRate);
    expect(parts.rate.status).toBeNull();
    await parts.close();
  });
});
