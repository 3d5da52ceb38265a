import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CreateConfigurationSetCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { SesReputationConfigError } from 'nestjs-ses-reputation';
import { cloudWatchRates, type CloudWatchRatesOptions } from 'nestjs-ses-reputation/cloudwatch';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { answer, startRawSes, type RawSes } from './support/raw-ses.js';

const never = new AbortController().signal;

describe('cloudWatchRates against the simulator', () => {
  let simulator: SesSimulator;

  beforeEach(async () => {
    simulator = await SesSimulator.start();
  });
  afterEach(() => simulator.stop());

  const source = (more: CloudWatchRatesOptions = {}) =>
    cloudWatchRates({ client: { ...simulator.clientConfig, maxAttempts: 1 }, ...more });

  it('reads the newest figures of the account', async () => {
    const at = Date.now() - 3_600_000;
    simulator.setReputation({ bounceRate: 0.021, complaintRate: 0.0004, at });
    const rates = source();
    const startOfPeriod = new Date(Math.floor(at / 300_000) * 300_000);
    expect(await rates.rates(never)).toEqual({ bounce: 0.021, complaint: 0.0004, at: startOfPeriod });
    simulator.setReputation({ complaintRate: 0.0004, at });
    expect(await rates.rates(never)).toEqual({ bounce: null, complaint: 0.0004, at: startOfPeriod });
    simulator.setReputation({});
    expect(await rates.rates(never)).toBeNull();
    await rates.close();
  });

  it('looks back as far as it is told to', async () => {
    simulator.setReputation({ bounceRate: 0.021, at: Date.now() - 25 * 3_600_000 });
    expect(await source().rates(never)).toBeNull();
    expect(await source({ withinMs: 26 * 3_600_000 }).rates(never)).toMatchObject({ bounce: 0.021 });
    const earlier = source({ now: () => Date.now() - 20 * 3_600_000, periodSeconds: 60 });
    expect(await earlier.rates(never)).toMatchObject({ bounce: 0.021 });
  });

  it("reads a configuration set's", async () => {
    const ses = new SESv2Client(simulator.clientConfig);
    const ReputationOptions = { ReputationMetricsEnabled: true };
    await ses.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'bulk', ReputationOptions }));
    ses.destroy();
    simulator.setReputation({ bounceRate: 0.02 });
    expect(await source({ configurationSet: 'bulk' }).rates(never)).toBeNull();
  });

  it('closes a client of its own and none that it was given', async () => {
    simulator.setReputation({ bounceRate: 0.02 });
    const given = new CloudWatchClient({ ...simulator.clientConfig });
    let destroyed = 0;
    const { destroy } = given;
    given.destroy = () => {
      destroyed++;
      destroy.call(given);
    };
    const rates = source({ client: given });
    expect(await rates.rates(never)).toMatchObject({ bounce: 0.02 });
    await rates.close();
    expect(destroyed).toBe(0);
    given.destroy();
  });

  it('passes on what CloudWatch refuses, and an abort', async () => {
    simulator.fail({ denied: ['GetMetricData'] });
    await expect(source().rates(never)).rejects.toMatchObject({
      name: expect.stringMatching(/^AccessDenied/),
    });
    await expect(source().rates(AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

const result = (Id: string, points: [number, unknown][]) => ({
  Id,
  Timestamps: points.map(([at]) => at),
  Values: points.map(([, value]) => value),
  StatusCode: 'Complete',
});

describe('cloudWatchRates and odd answers', () => {
  let raw: RawSes;
  let answers: object[];

  beforeEach(async () => {
    raw = await startRawSes((socket, count) => {
      const type = { 'content-type': 'application/x-amz-json-1.0' };
      socket.write(answer(200, answers[count - 1] ?? {}, type));
    });
  });
  afterEach(() => raw.close());

  const rates = () => cloudWatchRates({ client: { ...raw.clientConfig, maxAttempts: 1 } }).rates(never);
  it('takes the newest figure that is a fraction, and the older time of the two', async () => {
    answers = [
      {
        MetricDataResults: [
          result('bounce', [
            [1_000, 0.01],
            [3_000, 0.03],
            [4_000, 'NaN'],
            [5_000, -0.1],
            [6_000, 1.5],
            [7_000, null],
          ]),
          result('complaint', [[2_000, 0]]),
          result('something', [[9_000, 0.9]]),
        ],
      },
    ];
    expect(await rates()).toEqual({ bounce: 0.03, complaint: 0, at: new Date(2_000_000) });
  });

  it.each([
    ['nothing', {}],
    ['no result', { MetricDataResults: [] }],
    ['results without values', { MetricDataResults: [{ Id: 'bounce' }, { Id: 'complaint', Values: [0.1] }] }],
  ])('has no figure in an answer of %s', async (_, body) => {
    answers = [body];
    expect(await rates()).toBeNull();
  });

  it('follows pages, as far as is sensible', async () => {
    const page = (points: [number, unknown][]) => ({
      MetricDataResults: [result('bounce', points)],
      NextToken: 'more',
    });
    answers = [
      page([]),
      page([[1_000, 0.01]]),
      { MetricDataResults: [result('complaint', [[1_000, 0.001]])] },
    ];
    expect(await rates()).toMatchObject({ bounce: 0.01, complaint: 0.001 });
    expect(raw.requests[1]).toContain('"NextToken":"more"');
    answers = Array.from({ length: 20 }, () => page([[1_000, 0.01]]));
    await rates();
    expect(raw.requests).toHaveLength(3 + 5);
  });

  it('says that a metric is withheld', async () => {
    answers = [{ MetricDataResults: [{ Id: 'bounce', StatusCode: 'Forbidden' }] }];
    await expect(rates()).rejects.toMatchObject({
      name: 'AccessDeniedByCloudWatchError',
      code: 'SES_CLOUDWATCH_ACCESS_DENIED',
    });
  });
});

describe('the options of cloudWatchRates', () => {
  it.each([
    [{ period: 300 }, 'cloudWatchRates.period is no option'],
    [{ periodSeconds: 90 }, 'cloudWatchRates.periodSeconds is 90 — expected a multiple of 60'],
    [{ periodSeconds: 1 }, 'cloudWatchRates.periodSeconds is 1'],
    [{ withinMs: 10 }, 'cloudWatchRates.withinMs is 10'],
    [{ configurationSet: 'a b' }, 'cloudWatchRates.configurationSet is "a b"'],
    [{ client: 'x' }, 'cloudWatchRates.client is "x"'],
    [{ now: 5 }, 'cloudWatchRates.now is 5'],
  ])('refuse %p', (options, why) => {
    expect(() => cloudWatchRates(options as never)).toThrow(SesReputationConfigError);
    expect(() => cloudWatchRates(options as never)).toThrow(why);
  });
});
