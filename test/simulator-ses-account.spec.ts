import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  GetSuppressedDestinationCommand,
  DeleteSuppressedDestinationCommand,
  ListSuppressedDestinationsCommand,
  PutAccountSendingAttributesCommand,
  PutSuppressedDestinationCommand,
} from '@aws-sdk/client-sesv2';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { simpleMail } from './support/ses-mail.js';
import { account, client, send, simulator, start, stop } from './support/ses-session.js';

const simulated = simpleMail(['success@simulator.amazonses.com']);

const listed = async (filter: object) =>
  (await client.send(new ListSuppressedDestinationsCommand(filter))).SuppressedDestinationSummaries!.map(
    ({ EmailAddress }) => EmailAddress,
  );

const suppressed = (EmailAddress: string) =>
  client.send(new GetSuppressedDestinationCommand({ EmailAddress }));

const one = () => send(simpleMail(['ann@example.com']));

const put = (EmailAddress: string) =>
  client.send(new PutSuppressedDestinationCommand({ EmailAddress, Reason: 'BOUNCE' }));

describe('limits of the simulated account', () => {
  afterEach(stop);

  it('throttles above the send rate and books nothing for what it refuses', async () => {
    let now = Date.UTC(2026, 4, 1);
    await start({ sendRate: 2, now: () => now });
    await send(simulated);
    await send(simulated);
    await expect(send(simulated)).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      message: 'Maximum sending rate exceeded.',
      $metadata: { httpStatusCode: 429 },
    });
    now += 500;
    await send(simulated);
    expect(simulator.sent).toHaveLength(3);
    expect(await account()).toMatchObject({ SendQuota: { MaxSendRate: 2, SentLast24Hours: 0 } });
  });

  it('counts recipients against a quota of rolling 24 hours', async () => {
    let now = Date.UTC(2026, 4, 1);
    await start({ quota: 3, now: () => now });
    await send(simpleMail(['a@example.com', 'b@example.com', 'c@example.com']));
    await expect(send(simpleMail(['d@example.com']))).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      message: 'Daily message quota exceeded.',
      $metadata: { httpStatusCode: 429 },
    });
    await send(simpleMail(['success@simulator.amazonses.com']));
    now += 24 * 3_600_000;
    await send(simpleMail(['d@example.com']));
    expect(await account()).toMatchObject({ SendQuota: { Max24HourSend: 3, SentLast24Hours: 1 } });
  });

  it('starts as a production account in the region asked for', async () => {
    await start({ region: 'eu-west-1', account: '999988887777' });
    expect(await account()).toMatchObject({
      ProductionAccessEnabled: true,
      EnforcementStatus: 'HEALTHY',
      SendingEnabled: true,
      SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 0 },
      SuppressionAttributes: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
    });
    expect(simulator.topicArn).toBe('arn:aws:sns:eu-west-1:999988887777:ses-feedback');
  });

  it('holds the sandbox to verified recipients and the mailbox simulator', async () => {
    await start({ productionAccess: false, sendRate: 14, identities: ['example.com'] });
    await send(simpleMail(['ann@example.com', 'bounce@simulator.amazonses.com']));
    await expect(send(simpleMail(['ann@example.org']))).rejects.toMatchObject({
      name: 'MessageRejected',
      message: expect.stringContaining('US-EAST-1: ann@example.org'),
    });
    const refused = client.send(
      new PutSuppressedDestinationCommand({ EmailAddress: 'a@example.com', Reason: 'BOUNCE' }),
    );
    await expect(refused).rejects.toMatchObject({ name: 'BadRequestException' });
    expect(await account()).toMatchObject({
      ProductionAccessEnabled: false,
      SendQuota: { Max24HourSend: 200 },
    });
  });

  it('refuses all mail of an account that was shut down', async () => {
    await start({ enforcementStatus: 'SHUTDOWN' });
    await expect(send(simpleMail(['a@example.com']))).rejects.toMatchObject({
      name: 'AccountSuspendedException',
    });
    const resumed = client.send(new PutAccountSendingAttributesCommand({ SendingEnabled: true }));
    await expect(resumed).rejects.toMatchObject({ name: 'BadRequestException' });
    expect(await account()).toMatchObject({ EnforcementStatus: 'SHUTDOWN', SendingEnabled: false });
  });

  it('answers one other call a second when asked to', async () => {
    await start({ apiRate: 1, now: () => 0 });
    await account();
    await expect(account()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await send(simpleMail(['a@example.com']));
  });
});

describe("the account's suppression list", () => {
  afterEach(stop);

  it('pages through up to 1,000 at a time, deletions between pages included', async () => {
    await start();
    const all = Array.from({ length: 1_005 }, (_, index) => `u${String(index).padStart(4, '0')}@example.com`);
    for (let at = 0; at < all.length; at += 50) await Promise.all(all.slice(at, at + 50).map(put));
    const first = await client.send(new ListSuppressedDestinationsCommand({}));
    expect(first.SuppressedDestinationSummaries).toHaveLength(1_000);
    for (const EmailAddress of all.slice(0, 10))
      await client.send(new DeleteSuppressedDestinationCommand({ EmailAddress }));
    const rest = await client.send(new ListSuppressedDestinationsCommand({ NextToken: first.NextToken }));
    expect(rest.SuppressedDestinationSummaries!.map(({ EmailAddress }) => EmailAddress)).toEqual(
      all.slice(1_000),
    );
    expect(rest.NextToken).toBeUndefined();
    await expect(
      client.send(new ListSuppressedDestinationsCommand({ NextToken: 'x' })),
    ).rejects.toMatchObject({
      name: 'InvalidNextTokenException',
    });
  });

  it('filters by reason and date, and keeps the spelling of each address', async () => {
    let now = Date.UTC(2026, 0, 1);
    await start({ now: () => now });
    for (const [EmailAddress, Reason] of [
      ['Ann@Example.com', 'BOUNCE'],
      ['bob@example.com', 'COMPLAINT'],
      ["o'hara+50%/x@example.com", 'BOUNCE'],
    ] as const) {
      await client.send(new PutSuppressedDestinationCommand({ EmailAddress, Reason }));
      now += 86_400_000;
    }
    expect(await listed({ Reasons: ['COMPLAINT'] })).toEqual(['bob@example.com']);
    expect(await listed({ Reasons: ['COMPLAINT', 'BOUNCE'] })).toHaveLength(3);
    expect(
      await listed({ StartDate: new Date('2026-01-02'), EndDate: new Date('2026-01-02T12:00:00Z') }),
    ).toEqual(['bob@example.com']);
    expect((await suppressed('Ann@Example.com')).SuppressedDestination).toMatchObject({
      LastUpdateTime: new Date('2026-01-01'),
    });
    expect((await suppressed("o'hara+50%/x@example.com")).SuppressedDestination).toMatchObject({
      Reason: 'BOUNCE',
    });
    await expect(suppressed('ann@example.com')).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('faults of the simulated SES', () => {
  beforeEach(() => start({ sendRate: 1_000 }));
  afterEach(stop);

  it('throttles the next calls, or all until it is told to stop', async () => {
    simulator.fail({ throttle: 1 });
    await expect(one()).rejects.toMatchObject({ message: 'Maximum sending rate exceeded.' });
    await one();
    simulator.fail({ quotaExceeded: true });
    for (let times = 0; times < 3; times++)
      await expect(one()).rejects.toMatchObject({ message: 'Daily message quota exceeded.' });
    simulator.fail(null);
    await one();
  });

  it('answers 5xx, or cuts the connection before or after the mail was accepted', async () => {
    simulator.fail({ sesOutage: { status: 500, calls: 1 } });
    await expect(one()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    simulator.fail({ sesOutage: { kind: 'cut-before', calls: 1 } });
    await expect(one()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(simulator.sent).toHaveLength(0);
    simulator.fail({ sesOutage: { kind: 'cut-after', operations: ['SendEmail'] } });
    await account();
    await expect(one()).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(simulator.sent).toHaveLength(1);
    simulator.fail({ sesOutage: true });
    await expect(account()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    simulator.fail({ snsOutage: true });
    await account();
    expect((await fetch(`${simulator.endpoint}/?Action=ListTopics`)).status).toBe(503);
  });

  it('refuses counts that make no sense', () => {
    expect(() => simulator.fail({ throttle: -1 })).toThrow(RangeError);
    expect(() => simulator.fail({ duplicates: 0.5 })).toThrow(RangeError);
  });
});

describe('stopping the simulator', () => {
  it('closes connections that clients keep open, and gives the port free', async () => {
    await start();
    await account();
    const { port } = new URL(simulator.endpoint);
    await simulator.stop();
    await expect(account()).rejects.toThrow(/socket hang up|ECONN/);
    const again = await SesSimulator.start({ port: Number(port) });
    expect(again.endpoint).toBe(simulator.endpoint);
    await expect(SesSimulator.start({ port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await again.stop();
    client.destroy();
  });
});
