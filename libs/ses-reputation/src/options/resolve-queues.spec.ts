import { describe, expect, it } from '@jest/globals';
import { SesReputationConfigError } from '../errors.js';
import { resolveQueues } from './resolve-queues.js';

const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/ses-feedback';

describe('resolveQueues', () => {
  it('fills in the defaults, and reads none unless told to', () => {
    expect(resolveQueues(undefined)).toEqual([]);
    expect(resolveQueues([])).toEqual([]);
    expect(resolveQueues([{ url }])).toEqual([
      { url, client: {}, concurrency: 4, waitTimeSeconds: 20, visibilityTimeoutSeconds: 60 },
    ]);
  });

  it('takes queues of any host', () => {
    const given = {
      url: 'http://sqs.us-east-1.localhost:4566/000000000000/feedback',
      client: { endpoint: 'http://localhost:4566' },
      concurrency: 20,
      waitTimeSeconds: 1,
      visibilityTimeoutSeconds: 43_200,
    };
    expect(resolveQueues([{ url }, given])[1]).toEqual(given);
  });

  it.each<[string, unknown, string]>([
    [
      'one queue',
      { url, client: { secretAccessKey: 'hush' } },
      'feedback.queues is no list — expected [{ url }]',
    ],
    ['a URL by itself', [url], `feedback.queues[0] is "${url}" — expected { url: a queue's URL`],
    ['nothing', [undefined], 'feedback.queues[0] is missing — expected'],
    ['no URL', [{}], 'feedback.queues[0].url is missing — expected a queue'],
    ['an ARN', [{ url: 'arn:aws:sqs:eu-west-1:123456789012:q' }], 'feedback.queues[0].url is "arn:'],
    ['a host alone', [{ url: 'https://sqs.eu-west-1.amazonaws.com/' }], 'feedback.queues[0].url is'],
    ['a query', [{ url: `${url}?a=b` }], 'feedback.queues[0].url is'],
    ['a FIFO queue', [{ url }, { url: `${url}.fifo` }], 'feedback.queues[1].url is'],
    [
      'a queue twice',
      [{ url }, { url }],
      'feedback.queues[1].url is there already — expected each queue once',
    ],
    [
      'no reader',
      [{ url, concurrency: 0 }],
      'feedback.queues[0].concurrency is 0 — expected a whole number from 1 to 20',
    ],
    ['a wait without end', [{ url, waitTimeSeconds: 21 }], 'feedback.queues[0].waitTimeSeconds is 21'],
    [
      'milliseconds',
      [{ url, visibilityTimeoutSeconds: 60_000 }],
      'feedback.queues[0].visibilityTimeoutSeconds is',
    ],
    [
      'a client that is none',
      [{ url, client: 'eu-west-1' }],
      'feedback.queues[0].client is "eu-west-1" — expected',
    ],
    [
      'a key nobody knows',
      [{ url, region: 'eu-west-1' }],
      'feedback.queues[0].region is no option of this version',
    ],
  ])('refuses %s', (_name, given, message) => {
    expect(() => resolveQueues(given)).toThrow(SesReputationConfigError);
    expect(() => resolveQueues(given)).toThrow(message);
    expect(() => resolveQueues(given)).not.toThrow('hush');
  });
});
