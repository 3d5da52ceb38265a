import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { readEnvironment, type Environment } from './environment.js';
import { chooseSending } from './sending.js';
import { sesOptions } from './ses-options.js';

const ENV = {
  AWS_REGION: 'eu-west-1',
  SES_FROM: 'Shop <shop@example.com>',
  SES_CONFIGURATION_SET: 'shop',
  SES_TOPIC_ARNS: 'arn:aws:sns:eu-west-1:123456789012:ses-feedback',
};

async function optionsFor(env: NodeJS.ProcessEnv) {
  const environment = readEnvironment(env);
  const config = new ConfigService<Environment, true>({ ...environment });
  return sesOptions(config, await chooseSending(environment));
}

describe('sesOptions', () => {
  it("keeps the library's own minimums, interval, fetch and credentials for Amazon", async () => {
    expect(await optionsFor(ENV)).toMatchObject({
      client: { region: 'eu-west-1' },
      from: 'Shop <shop@example.com>',
      configurationSet: 'shop',
      feedback: { topicArns: [ENV.SES_TOPIC_ARNS] },
    });
    const { client, feedback, reputation } = await optionsFor(ENV);
    expect(Object.keys(reputation!)).toEqual(['limits']);
    expect(Object.keys(feedback)).toEqual(['topicArns']);
    expect(Object.keys(client!)).toEqual(['region']);
  });

  it.each([
    'https://email.eu-west-1.amazonaws.com',
    'https://vpce-0a1b.email.eu-west-1.vpce.amazonaws.com',
    'https://email.cn-north-1.amazonaws.com.cn',
  ])('takes %s for Amazon', async (endpoint) => {
    const { client, feedback, reputation } = await optionsFor({ ...ENV, SES_ENDPOINT: endpoint });
    expect(client).toEqual({ region: 'eu-west-1', endpoint });
    expect(feedback.fetch).toBeUndefined();
    expect(reputation!.minimumVolume).toBeUndefined();
  });

  it.each(['http://127.0.0.1:4579', 'https://amazonaws.com.example.com'])(
    'takes %s for a simulator, and shows it no credentials',
    async (endpoint) => {
      const { client, feedback, reputation } = await optionsFor({ ...ENV, SES_ENDPOINT: endpoint });
      expect(client).toMatchObject({ endpoint, credentials: { accessKeyId: 'simulator' } });
      expect(feedback.fetch).toBeInstanceOf(Function);
      expect(reputation).toMatchObject({ minimumVolume: 1, minimumCount: 1, check: { everyMs: 1_000 } });
    },
  );
});
