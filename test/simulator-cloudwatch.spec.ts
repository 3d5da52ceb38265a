import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CreateConfigurationSetCommand,
  GetAccountCommand,
  PutConfigurationSetReputationOptionsCommand,
  SendEmailCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { SesSimulator, type SesSimulatorOptions } from 'nestjs-ses-reputation/testing';
import { hasCommand } from './support/external.js';
import { AwsShell } from './support/run-command.js';
import { simpleMail } from './support/ses-mail.js';

const BOUNCE = 'Reputation.BounceRate';
const COMPLAINT = 'Reputation.ComplaintRate';
const HOUR_MS = 3_600_000;

let simulator: SesSimulator;
let ses: SESv2Client;
let cloudWatch: CloudWatchClient;

beforeEach(() => start());
afterEach(stop);

async function start(options: SesSimulatorOptions = {}): Promise<void> {
  simulator = await SesSimulator.start({ sendRate: 10_000, quota: -1, ...options });
  ses = new SESv2Client({ ...simulator.clientConfig, maxAttempts: 1 });
  cloudWatch = new CloudWatchClient({ ...simulator.clientConfig, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  ses.destroy();
  cloudWatch.destroy();
  await simulator.stop();
}

async function restart(options: SesSimulatorOptions): Promise<void> {
  await stop();
  await start(options);
}

async function send(to: string[], configurationSet = 'main'): Promise<string> {
  const { MessageId } = await ses.send(new SendEmailCommand(simpleMail(to, { configurationSet })));
  await simulator.settled();
  return MessageId!;
}

/** So many recipients of one domain, by 50 a mail. */
async function sendMany(count: number, domain: string, configurationSet?: string): Promise<void> {
  const all = Array.from({ length: count }, (_, n) => `r${n}@${domain}`);
  for (let at = 0; at < count; at += 50) await send(all.slice(at, at + 50), configurationSet);
}

const lastDay = () => ({ StartTime: new Date(Date.now() - 24 * HOUR_MS), EndTime: new Date() });

const stat = (MetricName: string, set?: string) => ({
  Metric: {
    Namespace: 'AWS/SES',
    MetricName,
    Dimensions: set === undefined ? [] : [{ Name: 'ses:configuration-set', Value: set }],
  },
  Period: 300,
  Stat: 'Average',
});

/** Both rates as `GetMetricData` has them; `undefined` where it has none. */
async function rates(set?: string): Promise<(number | undefined)[]> {
  const { MetricDataResults } = await cloudWatch.send(
    new GetMetricDataCommand({
      ...lastDay(),
      MetricDataQueries: [
        { Id: 'bounce', MetricStat: stat(BOUNCE, set) },
        { Id: 'complaint', MetricStat: stat(COMPLAINT, set) },
      ],
    }),
  );
  expect(MetricDataResults!.map(({ Id }) => Id)).toEqual(['bounce', 'complaint']);
  return MetricDataResults!.map(({ Values }) => Values![0]);
}

const enforcement = async () => (await ses.send(new GetAccountCommand({}))).EnforcementStatus;

describe('the rates that the simulated CloudWatch has', () => {
  it('are none before any mail that counts', async () => {
    expect(await rates()).toEqual([undefined, undefined]);
    await send(['bounce@simulator.amazonses.com', 'complaint@simulator.amazonses.com']);
    expect(await rates()).toEqual([undefined, undefined]);
    expect(simulator.reputation).toBeNull();
  });

  it('are hard bounces and complaints over the recipients that count', async () => {
    await sendMany(90, 'example.com');
    await sendMany(6, 'hard.test');
    await send(['a@soft.test', 'b@complaint.test', 'c@complaint.test', 'd@example.com']);
    // Of both complaining recipients of one domain there is one report.
    expect(await rates()).toEqual([0.06, 0.01]);
    expect(simulator.reputation).toEqual({ bounceRate: 0.06, complaintRate: 0.01 });
    await send(['bounce@simulator.amazonses.com']);
    expect(await rates()).toEqual([0.06, 0.01]);
  });

  it("leave out what the account's own list held back, from the volume too", async () => {
    await sendMany(9, 'example.com');
    await send(['a@hard.test']);
    expect(await rates()).toEqual([0.1, 0]);
    await send(['A@hard.test']);
    expect(await rates()).toEqual([0.1, 0]);
  });

  it('count a bounce once, and none of the soft, the not-spam and the verified', async () => {
    await restart({ identities: ['example.com'] });
    const id = await send(['a@example.com', 'b@example.org']);
    simulator.bounce(id, { recipient: 'a@example.com' });
    simulator.bounce(id, { recipient: 'b@example.org', type: 'Transient' });
    simulator.complain(id, { recipient: 'b@example.org', type: 'not-spam' });
    await simulator.settled();
    expect(await rates()).toEqual([0, 0]);
    for (let n = 0; n < 2; n++) simulator.bounce(id, { recipient: 'b@example.org' });
    await simulator.settled();
    expect(await rates()).toEqual([0.5, 0]);
  });

  it('are over the newest 10,000', async () => {
    await sendMany(1_000, 'hard.test');
    await sendMany(9_000, 'example.com');
    expect((await rates())[0]).toBe(0.1);
    await sendMany(500, 'example.com');
    expect((await rates())[0]).toBe(0.05);
  });

  it('are of one configuration set where its reputation metrics are on', async () => {
    await ses.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'bulk' }));
    await send(['a@hard.test'], 'bulk');
    await send(['a@example.com']);
    expect(await rates('bulk')).toEqual([undefined, undefined]);
    await ses.send(
      new PutConfigurationSetReputationOptionsCommand({
        ConfigurationSetName: 'bulk',
        ReputationMetricsEnabled: true,
      }),
    );
    expect(await rates('bulk')).toEqual([1, 0]);
    expect(await rates()).toEqual([0.5, 0]);
    expect(await rates('nothing')).toEqual([undefined, undefined]);
  });

  it('are those that a test gives, at the time that it gives', async () => {
    await send(['a@hard.test']);
    const at = Date.now() - 23 * HOUR_MS;
    simulator.setReputation({ bounceRate: 0.031, at });
    expect(await rates()).toEqual([0.031, undefined]);
    const { Datapoints } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        ...stat(BOUNCE).Metric,
        ...lastDay(),
        Period: 60,
        Statistics: ['Average'],
      }),
    );
    expect(Datapoints).toEqual([
      { Timestamp: new Date(Math.floor(at / 60_000) * 60_000), Average: 0.031, Unit: 'None' },
    ]);
    simulator.setReputation({ bounceRate: 0.031, at: Date.now() - 25 * HOUR_MS });
    expect(await rates()).toEqual([undefined, undefined]);
    simulator.setReputation(null);
    expect(await rates()).toEqual([1, 0]);
  });

  it('are refused in what makes no sense', () => {
    expect(() => simulator.setReputation({ bounceRate: 3 })).toThrow(RangeError);
    expect(() => simulator.setReputation({ bounces: 1 } as never)).toThrow(TypeError);
    expect(() => simulator.setAccount({ review: { status: 'DONE' as never } })).toThrow(/review.status/);
  });
});

describe('the simulated Amazon', () => {
  it('acts on the rates by itself where it is asked to', async () => {
    await restart({ enforceFrom: 100 });
    await sendMany(94, 'example.com');
    await sendMany(5, 'hard.test');
    expect(await enforcement()).toBe('HEALTHY');
    await send(['x@example.com']);
    expect(await enforcement()).toBe('PROBATION');
    await sendMany(8, 'complaint.test');
    expect(await enforcement()).toBe('SHUTDOWN');
    await expect(send(['y@example.com'])).rejects.toMatchObject({ name: 'AccountSuspendedException' });
    simulator.setAccount({ enforcementStatus: 'HEALTHY' });
    expect(await enforcement()).toBe('SHUTDOWN');
  });

  it('does not by default', async () => {
    await sendMany(2_000, 'hard.test');
    expect(await enforcement()).toBe('HEALTHY');
  });
});

describe('the simulated CloudWatch as a service', () => {
  const ask = (more: object = {}) =>
    cloudWatch.send(
      new GetMetricDataCommand({
        ...lastDay(),
        MetricDataQueries: [{ Id: 'a', MetricStat: stat(BOUNCE) }],
        ...more,
      }),
    );

  it('knows of SES alone, and says what else it does not know', async () => {
    await send(['a@hard.test']);
    const other = { ...stat(BOUNCE), Metric: { Namespace: 'AWS/SQS', MetricName: BOUNCE } };
    const { MetricDataResults } = await ask({ MetricDataQueries: [{ Id: 'a', MetricStat: other }] });
    expect(MetricDataResults).toMatchObject([{ Values: [], StatusCode: 'Complete' }]);
    await expect(ask({ MetricDataQueries: [{ Id: 'a', Expression: 'SUM(METRICS())' }] })).rejects.toThrow(
      /knows no expressions/,
    );
    await expect(cloudWatch.send(new ListMetricsCommand({}))).rejects.toThrow(/It knows: GetMetricData/);
  });

  it.each([
    [
      'a time that ends before it begins',
      { StartTime: new Date(), EndTime: new Date(0) },
      /StartTime must be less/,
    ],
    ['no query', { MetricDataQueries: [] }, /MetricDataQueries is required/],
    [
      'a period of 7 seconds',
      { MetricDataQueries: [{ Id: 'a', MetricStat: { ...stat(BOUNCE), Period: 7 } }] },
      /Period/,
    ],
  ])('refuses %s', async (_, more, why) => {
    await expect(ask(more)).rejects.toThrow(why);
  });

  it('is down, and forbids, on demand', async () => {
    simulator.fail({ cloudWatchOutage: true });
    await expect(ask()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    simulator.fail({ denied: ['GetMetricData'] });
    await expect(ask()).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
    simulator.fail(null);
    expect((await ask()).MetricDataResults).toHaveLength(1);
  });

  it('answers junk with 4xx in both protocols', async () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=a/20300101/us-east-1/monitoring/aws4_request';
    const post = (body: string, headers: Record<string, string>) =>
      fetch(simulator.endpoint, { method: 'POST', body, headers: { authorization, ...headers } });
    const target = { 'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData' };
    for (const body of ['', '{', '[]', '{"MetricDataQueries":[1]}', '{"MetricDataQueries":{"a":1}}']) {
      expect((await post(body, target)).status).toBe(400);
    }
    const query = { 'content-type': 'application/x-www-form-urlencoded' };
    const action = 'Action=GetMetricStatistics&Version=2010-08-01';
    for (const more of [
      '',
      '&StartTime=x',
      `&${'a.'.repeat(5_000)}b=1`,
      '&Statistics.member.1=p99',
      '&a=1&a.b=2',
    ]) {
      expect((await post(action + more, query)).status).toBe(400);
    }
    expect((await fetch(simulator.endpoint, { method: 'POST', body: '{}', headers: target })).status).toBe(
      403,
    );
  });
});

describe('the query protocol, which older SDKs speak', () => {
  it('gives the same figures as XML', async () => {
    simulator.setReputation({ bounceRate: 0.02, complaintRate: 0.0004 });
    const { StartTime, EndTime } = lastDay();
    const body = new URLSearchParams({
      Action: 'GetMetricData',
      Version: '2010-08-01',
      StartTime: StartTime.toISOString(),
      EndTime: EndTime.toISOString(),
      'MetricDataQueries.member.1.Id': 'bounce',
      'MetricDataQueries.member.1.MetricStat.Metric.Namespace': 'AWS/SES',
      'MetricDataQueries.member.1.MetricStat.Metric.MetricName': BOUNCE,
      'MetricDataQueries.member.1.MetricStat.Metric.Dimensions': '',
      'MetricDataQueries.member.1.MetricStat.Period': '300',
      'MetricDataQueries.member.1.MetricStat.Stat': 'Average',
    });
    const answer = await fetch(simulator.endpoint, {
      method: 'POST',
      body,
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a/20300101/us-east-1/monitoring/aws4_request' },
    });
    const xml = await answer.text();
    expect(answer.status).toBe(200);
    expect(xml).toContain('<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">');
    expect(xml).toContain('<Values><member>0.02</member></Values>');
    expect(xml).toMatch(/<Timestamps><member>\d{4}-\d\d-\d\dT[\d:.]+Z<\/member><\/Timestamps>/);
  });
});

if (hasCommand('aws'))
  describe('the AWS CLI', () => {
    it('reads both metrics', async () => {
      simulator.setReputation({ bounceRate: 0.02, complaintRate: 0.0004 });
      const shell = await AwsShell.open(simulator.endpoint);
      try {
        const { StartTime, EndTime } = lastDay();
        const read = (MetricName: string) =>
          shell.aws('cloudwatch', 'get-metric-statistics', {
            namespace: 'AWS/SES',
            'metric-name': MetricName,
            'start-time': StartTime.toISOString(),
            'end-time': EndTime.toISOString(),
            period: '3600',
            statistics: ['Average', 'Maximum'],
          });
        expect(await read(BOUNCE)).toMatchObject({ Datapoints: [{ Average: 0.02, Maximum: 0.02 }] });
        expect(await read(COMPLAINT)).toMatchObject({ Datapoints: [{ Average: 0.0004 }] });
        const denied = { denied: ['GetMetricStatistics'] };
        simulator.fail(denied);
        await expect(read(BOUNCE)).rejects.toThrow(/AccessDenied/);
      } finally {
        await shell.close();
      }
    });
  });
