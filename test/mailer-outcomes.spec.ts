import type { Socket } from 'node:net';
import { GetAccountCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { closeOwn, OwnSesClient, toSesClient } from '../libs/ses-reputation/src/ses/ses-client.js';
import { SendEmailOnceCommand } from '../libs/ses-reputation/src/ses/send-email-once-command.js';
import { withoutRetry } from '../libs/ses-reputation/src/ses/without-retry.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import { SesSimulator, type SimulatorFaults } from '../libs/ses-reputation/src/testing/index.js';
import { sqlite } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';
import { answer, startRawSes, type RawSes } from './support/raw-ses.js';

const MESSAGE = { to: 'ann@example.com', subject: 'Hi', text: 'Hello' };
const ACCEPTED = answer(200, { MessageId: 'message-1' });

function noCredentials(): Promise<never> {
  return Promise.reject(Object.assign(new Error('none found'), { name: 'CredentialsProviderError' }));
}

describe('what SES answers, and what is made of it', () => {
  const cleanUps: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  });

  async function mailerFor(client: object): Promise<MailerParts> {
    const database = await sqlite();
    cleanUps.push(() => database.drop());
    const parts = await startMailer(database.options, { client: client as never });
    cleanUps.push(() => parts.close());
    return parts;
  }

  async function rawSes(onRequest: (socket: Socket, count: number) => void): Promise<RawSes> {
    const ses = await startRawSes(onRequest);
    cleanUps.push(() => ses.close());
    return ses;
  }

  async function simulated(faults: SimulatorFaults) {
    const simulator = await SesSimulator.start();
    cleanUps.push(() => simulator.stop());
    simulator.fail(faults);
    return { simulator, ...(await mailerFor(simulator.clientConfig)) };
  }

  it.each([
    ['throttled', { throttle: 3 }],
    ['answered 503', { sesOutage: { calls: 2 } }],
    ['answered 500', { sesOutage: { calls: 1, status: 500 } }],
  ])('tries again when %s, and sends once', async (_, faults) => {
    const { mailer, simulator, events } = await simulated(faults);
    expect((await mailer.send(MESSAGE)).status).toBe('sent');
    expect(simulator.sent).toHaveLength(1);
    expect(events.map(({ name }) => name)).toEqual(['ses.send.sent']);
  });

  it('gives up on a lasting outage with an error that says nothing was sent', async () => {
    const { mailer, simulator, events } = await simulated({ sesOutage: true });
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({
      code: 'SES_UNAVAILABLE',
      cause: { $metadata: { httpStatusCode: 503 } },
    });
    expect(simulator.sent).toHaveLength(0);
    expect(events).toMatchObject([
      {
        name: 'ses.send.failed',
        payload: {
          stream: 'transactional',
          messageId: null,
          recipients: ['ann@example.com'],
          error: { code: 'SES_UNAVAILABLE' },
        },
      },
    ]);
  });

  it('tries again while nothing listens, for nothing can have been sent', async () => {
    const ses = await startRawSes(() => undefined);
    await ses.close();
    const { mailer } = await mailerFor(ses.clientConfig);
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({
      code: 'SES_UNAVAILABLE',
      message: expect.stringContaining('5 attempts'),
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('does not repeat what the day’s quota refuses', async () => {
    const { mailer, simulator } = await simulated({ quotaExceeded: 1 });
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({ code: 'SES_SEND_QUOTA_EXCEEDED' });
    expect(simulator.sent).toHaveLength(0);
  });

  it.each(['cut-before', 'cut-after'] as const)(
    'never repeats a send whose answer was lost (%s)',
    async (kind) => {
      const { mailer, simulator, events } = await simulated({ sesOutage: { kind, calls: 1 } });
      await expect(mailer.send(MESSAGE)).rejects.toMatchObject({
        code: 'SES_SEND_OUTCOME_UNKNOWN',
        cause: expect.anything(),
      });
      expect(simulator.sent).toHaveLength(kind === 'cut-after' ? 1 : 0);
      expect(events.map(({ name }) => name)).toEqual(['ses.send.failed']);
    },
  );

  it.each([
    ['the connection is reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['the connection is closed', (socket: Socket) => void socket.end()],
    ['the answer is cut off', (socket: Socket) => void socket.end(ACCEPTED.slice(0, -5))],
    ['the answer is no JSON', (socket: Socket) => void socket.end(ACCEPTED.replace('{', '<'))],
    ['the answer has no message id', (socket: Socket) => void socket.end(answer(200, {}))],
    ['a proxy gave up waiting', (socket: Socket) => void socket.end(answer(504, {}))],
  ])('one request, even with a ready client that repeats, when %s', async (_, fault) => {
    const ses = await rawSes(fault);
    const client = new SESv2Client({ ...ses.clientConfig, maxAttempts: 5 });
    const { mailer } = await mailerFor(client);
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    expect(ses.requests).toHaveLength(1);
  });

  it('one request when no answer comes within the client’s time limit', async () => {
    const ses = await rawSes(() => undefined);
    const client = new SESv2Client({
      ...ses.clientConfig,
      requestHandler: { requestTimeout: 200, throwOnRequestTimeout: true },
    });
    const { mailer } = await mailerFor(client);
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    expect(ses.requests).toHaveLength(1);
  });

  it('leaves a ready client’s own retries as they are', async () => {
    const ses = await rawSes(
      (socket, count) => void socket.end(answer(count < 3 ? 503 : 200, {}, { connection: 'close' })),
    );
    const client = new SESv2Client({ ...ses.clientConfig, maxAttempts: 3 });
    const { mailer } = await mailerFor(client);
    await client.send(new GetAccountCommand({}));
    expect(ses.requests).toHaveLength(3);
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
    expect(ses.requests).toHaveLength(4);
  });

  it.each([
    ['made of a configuration', (given: object) => given],
    [
      'ready, and keeps its middleware',
      (given: object) => new SESv2Client({ ...given, cacheMiddleware: true }),
    ],
    ['ready', (given: object) => new SESv2Client(given)],
  ])('tells each send its own outcome, with a client that is %s', async (_, toClient) => {
    const ses = await rawSes((socket, count) => {
      if (count % 3 === 2) socket.resetAndDestroy();
      else socket.write(ACCEPTED);
    });
    const { mailer } = await mailerFor(toClient(ses.clientConfig));
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => mailer.send(MESSAGE)));
    const codes = results.map(
      (result) => result.status === 'rejected' && (result.reason as { code: string }).code,
    );
    expect(codes.filter(Boolean)).toEqual(Array.from({ length: 4 }, () => 'SES_SEND_OUTCOME_UNKNOWN'));
    expect(ses.requests).toHaveLength(12);
    const agents = ses.requests.map((request) => /^user-agent: .*$/im.exec(request)![0].length);
    expect(new Set(agents).size).toBe(1);
  });

  it.each<[string, string]>([
    ['initialize', 'false'],
    ['build', 'false'],
    ['finalizeRequest', 'true'],
  ])(
    'sends by a client whose own middleware hands on no more than it must, at %s (kept: %s)',
    async (step, kept) => {
      const ses = await rawSes((socket, count) => {
        if (count === 2) socket.resetAndDestroy();
        else socket.write(ACCEPTED);
      });
      const client = new SESv2Client({ ...ses.clientConfig, cacheMiddleware: kept === 'true' });
      cleanUps.push(async () => client.destroy());
      client.middlewareStack.add(
        (next) => (args: { input: object; request?: unknown }) =>
          next({ input: { ...args.input }, request: args.request } as never),
        { step, name: 'hostsOwn' } as never,
      );
      const { mailer } = await mailerFor(client);
      expect((await mailer.send(MESSAGE)).status).toBe('sent');
      await expect(mailer.send(MESSAGE)).rejects.toMatchObject({ code: 'SES_SEND_OUTCOME_UNKNOWN' });
      expect(ses.requests).toHaveLength(2);
    },
  );

  it('knows of each attempt whether it was handed over, where the middleware is kept', async () => {
    const ses = await rawSes((socket) => void socket.write(ACCEPTED));
    const client = new SESv2Client({ ...ses.clientConfig, cacheMiddleware: true });
    cleanUps.push(async () => client.destroy());
    const attempts = [1, 2].map(() => ({ handedOver: false, signal: new AbortController().signal }));
    const input = { Content: { Raw: { Data: Buffer.from('x') } } };
    await client.send(new SendEmailOnceCommand(input, attempts[0]!));
    const broken = {
      Content: {
        get Raw(): never {
          throw new Error('broken');
        },
      },
    };
    await expect(client.send(new SendEmailOnceCommand(broken, attempts[1]!))).rejects.toThrow('broken');
    expect(attempts.map(({ handedOver }) => handedOver)).toEqual([true, false]);
  });

  it('ends an attempt when its time is over, and tells that its outcome is unknown', async () => {
    const ses = await rawSes(() => undefined);
    const client = new SESv2Client({ ...ses.clientConfig, cacheMiddleware: true });
    const abort = new AbortController();
    const attempt = { handedOver: false, signal: abort.signal };
    const sending = client.send(
      new SendEmailOnceCommand({ Content: { Raw: { Data: Buffer.from('x') } } }, attempt),
    );
    const refused = expect(sending).rejects.toMatchObject({ name: 'AbortError' });
    while (ses.requests.length === 0) await new Promise(setImmediate);
    abort.abort();
    await refused;
    expect(attempt.handedOver).toBe(true);
    client.destroy();
  });

  it('leaves a ready client’s own retries as they are, be its middleware kept', async () => {
    const ses = await rawSes((socket) => void socket.end(answer(503, {}, { connection: 'close' })));
    const client = new SESv2Client({ ...ses.clientConfig, maxAttempts: 3, cacheMiddleware: true });
    const requests = async (command: GetAccountCommand) => {
      const before = ses.requests.length;
      await expect(client.send(command)).rejects.toThrow();
      return ses.requests.length - before;
    };
    expect(await requests(withoutRetry(new GetAccountCommand({})))).toBe(1);
    expect(await requests(new GetAccountCommand({}))).toBe(3);
    expect(await requests(withoutRetry(new GetAccountCommand({})))).toBe(1);
    client.destroy();
  });

  it('signs again with the server’s time where this machine’s clock is wrong', async () => {
    const ahead = new Date(Date.now() + 3_600_000);
    const ses = await rawSes((socket, count) => {
      const refused = answer(
        403,
        { message: 'Signature expired' },
        { date: ahead.toUTCString(), 'x-amzn-errortype': 'InvalidSignatureException' },
      );
      socket.end(count === 1 ? refused : ACCEPTED);
    });
    const { mailer } = await mailerFor(ses.clientConfig);
    expect((await mailer.send(MESSAGE)).messageId).toBe('message-1');
    const [first, second] = ses.requests.map((request) => /x-amz-date: (\d+T\d\d)/i.exec(request)![1]);
    expect(second).not.toBe(first);
  });

  it.each([
    ['MessageRejected', 400, 'SES_SEND_REJECTED'],
    ['MailFromDomainNotVerifiedException', 400, 'SES_SEND_REJECTED'],
    ['NotFoundException', 404, 'SES_SEND_REJECTED'],
    ['BadRequestException', 400, 'SES_SEND_REJECTED'],
    ['AccessDeniedException', 403, 'SES_SEND_REJECTED'],
    ['AccountSuspendedException', 400, 'SES_SENDING_DISABLED'],
    ['SendingPausedException', 400, 'SES_SENDING_DISABLED'],
  ])('%s is told at once, with a stable code and SES’s error as its cause', async (name, status, code) => {
    const ses = await rawSes(
      (socket) => void socket.end(answer(status, { message: 'no' }, { 'x-amzn-errortype': name })),
    );
    const { mailer } = await mailerFor(ses.clientConfig);
    const error = await mailer.send(MESSAGE).catch((error: unknown) => error);
    expect(error).toMatchObject({ code, cause: { name } });
    if (code === 'SES_SEND_REJECTED') expect(error).toMatchObject({ sesError: name });
    expect(ses.requests).toHaveLength(1);
  });

  it('says so when there are no credentials, and has sent nothing', async () => {
    const ses = await rawSes(() => undefined);
    const { mailer } = await mailerFor({ ...ses.clientConfig, credentials: noCredentials });
    await expect(mailer.send(MESSAGE)).rejects.toMatchObject({
      code: 'SES_SEND_REJECTED',
      sesError: 'CredentialsProviderError',
    });
    expect(ses.requests).toHaveLength(0);
  });

  it('lets the application close: what waits for another attempt gives up, what SES has gets its answer', async () => {
    const held: Socket[] = [];
    const ses = await rawSes((socket, count) => {
      if (count === 1) held.push(socket);
      else socket.end(answer(429, { message: 'Maximum sending rate exceeded.' }));
    });
    const { mailer } = await mailerFor(ses.clientConfig);
    const taken = mailer.send(MESSAGE);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const throttled = mailer.send(MESSAGE);
    const refusal = expect(throttled).rejects.toMatchObject({ code: 'SES_SEND_THROTTLED' });
    while (ses.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = mailer.beforeApplicationShutdown();
    await refusal;
    held[0]!.end(ACCEPTED);
    expect((await taken).messageId).toBe('message-1');
    await closed;
  });

  it('sends and books what the host sends as the application ends, before its client is closed', async () => {
    const held: Socket[] = [];
    const ses = await rawSes((socket, count) => {
      if (count <= 2) held.push(socket);
      else socket.end(ACCEPTED);
    });
    const parts = await mailerFor(ses.clientConfig);
    const { mailer, reputation, client, dataSource } = parts;
    const destroy = jest.spyOn(client, 'destroy');
    const sentByNow = async () => {
      const buckets = await dataSource.manager.findBy(ReputationBucket, { dimension: 'account' });
      return buckets.reduce((sum, { sent }) => sum + sent, 0);
    };
    await mailer.beforeApplicationShutdown();
    const last = mailer.send(MESSAGE);
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await reputation.onApplicationShutdown();
    const ended = mailer.onApplicationShutdown();
    const veryLast = mailer.send(MESSAGE);
    while (held.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
    held[0]!.end(ACCEPTED);
    await ended;
    expect((await last).messageId).toBe('message-1');
    expect(await sentByNow()).toBe(1);
    expect(destroy).not.toHaveBeenCalled();
    held[1]!.end(ACCEPTED);
    expect((await veryLast).messageId).toBe('message-1');
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(await sentByNow()).toBe(2);
    await mailer.send(MESSAGE);
    expect(await sentByNow()).toBe(3);
  });
});

describe('the SES client', () => {
  it('is the host’s own where the host gives a ready one, even of another copy of the SDK', () => {
    const ready = new SESv2Client({ region: 'us-east-1' });
    const foreign = { send: () => undefined, config: {} } as unknown as SESv2Client;
    expect(toSesClient(ready)).toBe(ready);
    expect(toSesClient(foreign)).toBe(foreign);
    const destroy = jest.spyOn(ready, 'destroy');
    closeOwn(ready);
    expect(destroy).not.toHaveBeenCalled();
    ready.destroy();
  });

  it('is made from a configuration otherwise, with limits on waiting, and closed with the application', async () => {
    const client = toSesClient({ region: 'eu-west-1' });
    expect(client).toBeInstanceOf(OwnSesClient);
    expect(await client.config.region()).toBe('eu-west-1');
    const destroy = jest.spyOn(client, 'destroy');
    closeOwn(client);
    expect(destroy).toHaveBeenCalledTimes(1);
  });
});
