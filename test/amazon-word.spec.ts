import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DeleteConfigurationSetEventDestinationCommand,
  SESv2Client,
  UpdateReputationEntityCustomerManagedStatusCommand,
} from '@aws-sdk/client-sesv2';
import { MailerService, ReputationService, type AmazonRatesSource } from 'nestjs-ses-reputation';
import { cloudWatchRates } from 'nestjs-ses-reputation/cloudwatch';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { AmazonApp } from './support/amazon-app.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
const MAIN = 'arn:aws:ses:us-east-1:123456789012:configuration-set/main';

let simulator: SesSimulator;
let database: TestDatabase;
let app: AmazonApp;

async function send(count: number, domain: string, round = 0): Promise<void> {
  const mailer = app.get(MailerService);
  for (let n = 0; n < count; n++) {
    await mailer.send({ to: `r${round}-${n}@${domain}`, subject: 'Hello', text: 'Hi' });
  }
  await simulator.settled();
}

async function start(options = {}): Promise<void> {
  app = await AmazonApp.start(database, simulator, {}, options);
}

async function close(): Promise<void> {
  await app?.close();
  await database.drop();
  await simulator.stop();
}

describe.each(databaseKinds())("our rates beside Amazon's, on $name", (kind) => {
  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: 10_000 });
    database = await kind.create();
    const amazonRates = cloudWatchRates({ client: { ...simulator.clientConfig, maxAttempts: 1 } });
    app = await AmazonApp.start(database, simulator, { amazonRates });
    await simulator.subscribe(`${await app.url}/ses/feedback`);
  });
  afterEach(close);

  it('agree where all feedback arrives, and raise an event once where it does not', async () => {
    expect((await app.check()).amazon).toBeNull();
    await send(18, 'example.com');
    await send(1, 'hard.test');
    await send(1, 'complaint.test');
    const agreed = await app.check();
    expect(agreed.amazon).toEqual({
      bounce: { rate: 0.05, difference: 0 },
      complaint: { rate: 0.05, difference: 0 },
      at: expect.any(Date),
    });
    expect(agreed.bounce).toMatchObject({ rate: 0.05, volume: 20 });

    const ses = new SESv2Client(simulator.clientConfig);
    const destination = { ConfigurationSetName: 'main', EventDestinationName: 'sns' };
    await ses.send(new DeleteConfigurationSetEventDestinationCommand(destination));
    ses.destroy();
    await send(5, 'hard.test', 1);
    for (let n = 0; n < 3; n++) {
      expect((await app.check()).amazon).toMatchObject({
        bounce: { rate: 0.24, difference: -0.2 },
        complaint: { rate: 0.04, difference: 0 },
      });
    }
    // Stored behind all that the checks before it have raised.
    simulator.setAccount({ enforcementStatus: 'PROBATION' });
    await app.check();
    await app.raisedOf('ses.account.changed', 1);
    const [event] = await app.raisedOf('ses.reputation.differs', 1);
    expect(event).toEqual({
      id: expect.stringMatching(/^reputation:default:\d+:bounce:differs$/),
      at: expect.any(Date),
      metric: 'bounce',
      ours: 0.04,
      amazons: 0.24,
      difference: -0.2,
      tolerance: 0.01,
    });
    expect((await app.report()).amazon).toMatchObject({ bounce: { rate: 0.24, difference: -0.2 } });
  });

  it('are armed again below 90 % of the tolerance', async () => {
    await send(20, 'example.com');
    for (const bounceRate of [0.011, 0.0095, 0.011, 0.009, 0.01, 0.0101]) {
      simulator.setReputation({ bounceRate });
      await app.check();
    }
    const events = await app.raisedOf('ses.reputation.differs', 2);
    expect(events.map(({ amazons }) => amazons as number)).toEqual([0.011, 0.0101]);
    expect(new Set(events.map(({ id }) => id as string)).size).toBe(2);
  });

  it('are no alarm where ours are of too little mail', async () => {
    await send(9, 'example.com');
    simulator.setReputation({ bounceRate: 0.5, complaintRate: 0.5 });
    expect((await app.check()).amazon).toMatchObject({ bounce: { difference: -0.5 } });
    await send(1, 'example.com', 1);
    simulator.setReputation({ bounceRate: 0.4 });
    await app.check();
    const [event] = await app.raisedOf('ses.reputation.differs', 1);
    expect(event).toMatchObject({ amazons: 0.4 });
  });
});

describe("Amazon's rates from any source", () => {
  let answer: () => unknown;
  let closed: number;
  let signals: AbortSignal[];
  const source: AmazonRatesSource = {
    rates: async (signal) => {
      signals.push(signal);
      return answer() as never;
    },
    close: () => void closed++,
  };

  beforeEach(async () => {
    closed = 0;
    signals = [];
    simulator = await SesSimulator.start({ sendRate: 10_000 });
    database = await sqlite();
    app = await AmazonApp.start(database, simulator, { amazonRates: source });
    await send(20, 'example.com');
  });
  afterEach(close);

  it('are shown with their time, and no alarm when they are old', async () => {
    const at = new Date(app.clock.now() - 24 * HOUR_MS - 1_000);
    answer = () => ({ bounce: 0.3, complaint: 0.3, at });
    expect((await app.check()).amazon).toMatchObject({ bounce: { rate: 0.3 }, at });
    const fresh = new Date(app.clock.now() - 24 * HOUR_MS + 60_000);
    answer = () => ({ bounce: 0.2, complaint: null, at: fresh });
    expect((await app.check()).amazon).toEqual({
      bounce: { rate: 0.2, difference: -0.2 },
      complaint: null,
      at: fresh,
    });
    const [event] = await app.raisedOf('ses.reputation.differs', 1);
    expect(event).toMatchObject({ amazons: 0.2 });
  });

  it('stand as they were when there are none or the source fails, and that is said', async () => {
    answer = () => ({ bounce: 0.001, complaint: 0, at: new Date(app.clock.now()) });
    const { amazon } = await app.check();
    expect(amazon).toMatchObject({ bounce: { rate: 0.001 } });
    for (const silent of [() => null, () => undefined]) {
      answer = silent;
      expect((await app.check()).amazon).toEqual(amazon);
    }
    expect(app.warnings.all).toEqual([]);
    answer = () => {
      throw new Error('no network');
    };
    expect((await app.check()).amazon).toEqual(amazon);
    expect(app.warnings.all).toEqual([expect.stringContaining('no network')]);
  });

  it.each([
    ['NaN', { bounce: Number.NaN, complaint: 0.1 }],
    ['a percentage', { bounce: 3, complaint: 0.1 }],
    ['below nothing', { bounce: -0.01, complaint: 0.1 }],
    ['a text', { bounce: '0.01', complaint: 0.1 }],
  ])('count as none where they are %s, which is said once', async (_, given) => {
    answer = () => ({ ...given, at: new Date(app.clock.now()) });
    for (let n = 0; n < 2; n++) {
      expect((await app.check()).amazon).toMatchObject({ bounce: null, complaint: { rate: 0.1 } });
    }
    expect(app.warnings.all).toEqual([expect.stringMatching(/makes no sense: "bounce"/)]);
  });

  it.each([
    ['no time', { bounce: 0.1, complaint: 0.1 }],
    ['an invalid Date', { bounce: 0.1, complaint: 0.1, at: new Date(Number.NaN) }],
    ['a text', '0.1'],
  ])('are not taken with %s', async (_, given) => {
    answer = () => given;
    expect((await app.check()).amazon).toBeNull();
    expect(app.warnings.all).toEqual([expect.stringContaining('"at"')]);
  });

  it('are of now at most', async () => {
    answer = () => ({ bounce: 0, complaint: 0, at: new Date(app.clock.now() + HOUR_MS) });
    const { amazon, window } = await app.check();
    expect(amazon!.at.getTime()).toBeLessThanOrEqual(window.to.getTime());
  });

  it('are of the account of now alone', async () => {
    answer = () => ({ bounce: 0, complaint: 0, at: new Date(app.clock.now()) });
    await app.check();
    const service = app.get(ReputationService);
    expect((await service.report()).amazon).not.toBeNull();
    expect((await service.report({ stream: 'transactional' })).amazon).toBeNull();
    expect((await service.report({ at: new Date() })).amazon).toBeNull();
  });

  it('are not waited for by an application that closes, which closes the source behind the last check', async () => {
    answer = () => new Promise(() => undefined);
    const check = app.check();
    while (signals.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(0);
    await Promise.all([check, app.close()]);
    expect(signals[0]!.aborted).toBe(true);
    expect(closed).toBe(1);
    expect(app.warnings.all).toEqual([]);
  });
});

describe('what Amazon says of the account', () => {
  beforeEach(async () => {
    simulator = await SesSimulator.start({ identities: ['example.com'] });
    database = await sqlite();
  });
  afterEach(close);

  it('holds enforcement, sending, production access, review and quota', async () => {
    await start();
    simulator.setAccount({ review: { status: 'PENDING', caseId: '171' } });
    expect((await app.check()).account).toMatchObject({
      enforcement: 'HEALTHY',
      sendingEnabled: true,
      productionAccess: true,
      review: { status: 'PENDING', caseId: '171' },
      quota: { max24HourSend: 50_000, maxSendRate: 14, sentLast24Hours: 0 },
    });
    simulator.setAccount({ review: { status: 'DENIED', caseId: '171' } });
    await app.check();
    const [event] = await app.raisedOf('ses.account.changed', 1);
    expect(event).toMatchObject({
      from: { review: { status: 'PENDING' } },
      to: { enforcement: 'HEALTHY', review: { status: 'DENIED' } },
      entities: [],
    });
  });

  it('holds how it rates identities and configuration sets, the worst first, and tells of a change', async () => {
    await start();
    const first = (await app.check()).account!;
    expect(first.entities!.map(({ arn }) => arn.split(':').at(-1))).toEqual([
      'configuration-set/main',
      'identity/example.com',
    ]);
    simulator.setReputationEntity('identity/example.com', {
      impact: 'HIGH',
      status: 'DISABLED',
      cause: 'Spam',
    });
    app.clock.aheadMs += QUARTER_MS - 10_000;
    expect((await app.check()).account!.entities).toEqual(first.entities);
    app.clock.aheadMs += 10_000;
    const { account } = await app.check();
    expect(account!.entities![0]).toEqual({
      arn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
      impact: 'HIGH',
      status: 'DISABLED',
      amazonStatus: 'DISABLED',
      customerStatus: 'ENABLED',
      cause: 'Spam',
    });
    expect((await app.report()).account).toEqual(account);
    const [event] = await app.raisedOf('ses.account.changed', 1);
    expect(event!.entities).toEqual([
      {
        arn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
        from: { impact: null, status: 'ENABLED' },
        to: { impact: 'HIGH', status: 'DISABLED' },
      },
    ]);
  });

  it("holds the owner's own decision too", async () => {
    await start();
    const ses = new SESv2Client(simulator.clientConfig);
    await ses.send(
      new UpdateReputationEntityCustomerManagedStatusCommand({
        ReputationEntityType: 'RESOURCE',
        ReputationEntityReference: MAIN,
        SendingStatus: 'DISABLED',
      }),
    );
    ses.destroy();
    const { entities } = (await app.check()).account!;
    expect(entities![0]).toMatchObject({
      arn: MAIN,
      status: 'DISABLED',
      amazonStatus: 'ENABLED',
      customerStatus: 'DISABLED',
    });
  });

  it('is asked for entities again after 15 minutes alone, by an application that was started anew too', async () => {
    await start();
    await app.check();
    await app.close();
    simulator.setReputationEntity('configuration-set/main', { impact: 'HIGH' });
    await start();
    expect((await app.check()).account!.entities!.every(({ impact }) => impact === null)).toBe(true);
    app.clock.aheadMs += QUARTER_MS;
    expect((await app.check()).account!.entities![0]).toMatchObject({ arn: MAIN, impact: 'HIGH' });
  });

  it('stays within one request a second', async () => {
    await simulator.stop();
    simulator = await SesSimulator.start({ apiRate: 1 });
    await start({ unhurried: true });
    expect((await app.check()).account!.entities).toHaveLength(1);
    expect(app.warnings.all).toEqual([]);
  });

  it('has no entities where IAM forbids to ask, which is said once and does no harm', async () => {
    await start();
    simulator.fail({ denied: ['ListReputationEntities'] });
    for (let n = 0; n < 3; n++) {
      expect((await app.check()).account).toMatchObject({ enforcement: 'HEALTHY', entities: null });
      app.clock.aheadMs += QUARTER_MS;
    }
    expect(app.warnings.all).toEqual([expect.stringContaining('ses:ListReputationEntities')]);
    simulator.fail(null);
    expect((await app.check()).account!.entities).toHaveLength(2);
  });

  it('is said once to be forbidden, again after it was allowed', async () => {
    await start();
    for (let round = 0; round < 2; round++) {
      simulator.fail({ denied: ['GetAccount'] });
      for (let n = 0; n < 2; n++) await app.check();
      expect(app.warnings.all).toHaveLength(round + 1);
      simulator.fail(null);
      await app.check();
    }
    expect(app.warnings.all[0]).toContain('ses:GetAccount');
  });

  it('is reported of CloudWatch likewise', async () => {
    const amazonRates = cloudWatchRates({ client: { ...simulator.clientConfig, maxAttempts: 1 } });
    app = await AmazonApp.start(database, simulator, { amazonRates });
    simulator.fail({ denied: ['GetMetricData'] });
    for (let n = 0; n < 2; n++) expect((await app.check()).amazon).toBeNull();
    expect(app.warnings.all).toEqual([expect.stringContaining('cloudwatch:GetMetricData')]);
    simulator.fail({ cloudWatchOutage: true });
    await app.check();
    expect(app.warnings.all[1]).toMatch(/did not give Amazon's rates/);
  });
});
