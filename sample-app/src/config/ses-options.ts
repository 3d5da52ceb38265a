import type { ConfigService } from '@nestjs/config';
import type { SesReputationOptions } from 'nestjs-ses-reputation';
import type { Environment } from './environment.js';
import { LIMITS } from './limits.js';
import type { Sending } from './sending.js';

type Config = ConfigService<Environment, true>;
type Client = SesReputationOptions['client'];
type Feedback = SesReputationOptions['feedback'];

/** With a simulator nothing is at stake, and one bounce is to be seen at once. Amazon gets the defaults. */
const SOON = { minimumVolume: 1, minimumCount: 1, check: { everyMs: 1_000 } };

/** What the shop asks of SesReputationModule. */
export function sesOptions(config: Config, sending: Sending): SesReputationOptions {
  return {
    client: client(config, sending),
    from: config.get('SES_FROM', { infer: true }) ?? 'Corner Shop <shop@example.com>',
    configurationSet: configurationSet(config, sending),
    app: 'sample-shop',
    streams: {
      transactional: { priority: 'critical' },
      newsletter: { priority: 'bulk', unsubscribe: true },
    },
    feedback: feedback(config, sending),
    reputation: { limits: LIMITS, ...(sending.through === 'amazon' ? {} : SOON) },
  };
}

function client(config: Config, sending: Sending): Client {
  if (sending.through === 'built-in simulator') return sending.simulator.clientConfig;
  const region = config.get('AWS_REGION', { infer: true });
  const endpoint = config.get('SES_ENDPOINT', { infer: true });
  if (sending.through === 'amazon') return endpoint ? { region, endpoint } : { region };
  // A simulator asks for no credentials, and the real ones are none of its business.
  return { region, endpoint, credentials: { accessKeyId: 'simulator', secretAccessKey: 'simulator' } };
}

function configurationSet(config: Config, sending: Sending): string | undefined {
  return sending.through === 'built-in simulator'
    ? sending.simulator.configurationSet
    : config.get('SES_CONFIGURATION_SET', { infer: true });
}

function feedback(config: Config, sending: Sending): Feedback {
  if (sending.through === 'built-in simulator') {
    return { topicArns: [sending.simulator.topicArn], fetch: sending.simulator.fetch };
  }
  const topicArns = config.get('SES_TOPIC_ARNS', { infer: true }) ?? [];
  return sending.through === 'amazon' ? { topicArns } : { topicArns, fetch: askInstead(sending.endpoint) };
}

/** A simulator signs as Amazon's host, and serves that host's certificate at its own address. */
function askInstead(endpoint: string): Feedback['fetch'] {
  return (url, init) => {
    const { pathname, search } = new URL(url);
    return fetch(new URL(pathname + search, endpoint), init);
  };
}
