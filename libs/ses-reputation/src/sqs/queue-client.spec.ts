import { afterEach, describe, expect, it } from '@jest/globals';
import { SQSClient } from '@aws-sdk/client-sqs';
import { queueClient, regionOf } from './queue-client.js';

describe('regionOf', () => {
  it.each([
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/q', 'eu-west-1'],
    ['https://sqs.us-gov-west-1.amazonaws.com/123456789012/q', 'us-gov-west-1'],
    ['https://sqs.ap-southeast-2.api.aws/123456789012/q', 'ap-southeast-2'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q', 'cn-north-1'],
    ['https://eu-west-1.queue.amazonaws.com/123456789012/q', 'eu-west-1'],
    ['https://sqs-fips.us-east-2.amazonaws.com/123456789012/q', 'us-east-2'],
    ['https://vpce-0a1-b2c.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q', 'eu-west-1'],
    ['https://queue.amazonaws.com/123456789012/q', null],
    ['http://sqs.eu-west-1.localhost:4566/000000000000/q', null],
    ['http://127.0.0.1:4566/000000000000/q', null],
    ['https://sqs.eu-west-1.amazonaws.com.example.com/123456789012/q', null],
  ])('reads %s', (url, region) => {
    expect(regionOf(url)).toBe(region);
  });
});

describe('queueClient', () => {
  const clients: SQSClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });
  const made = (url: string, client: object) => {
    const result = queueClient({
      url,
      client,
      concurrency: 1,
      waitTimeSeconds: 20,
      visibilityTimeoutSeconds: 60,
    });
    clients.push(result.client);
    return result;
  };
  const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/q';

  it("signs for the queue's own region, unless told another", async () => {
    expect(await made(url, {}).client.config.region()).toBe('eu-west-1');
    expect(await made(url, { region: 'us-east-1' }).client.config.region()).toBe('us-east-1');
  });

  it('closes a client of its own, and none that it was given', () => {
    const ready = new SQSClient({ region: 'us-east-1' });
    let destroyed = 0;
    const { destroy } = ready;
    ready.destroy = () => {
      destroyed++;
      destroy.call(ready);
    };
    const given = made(url, ready);
    expect(given.client).toBe(ready);
    given.close();
    expect(destroyed).toBe(0);
    const own = made(url, {});
    own.client.destroy = () => void destroyed++;
    own.close();
    expect(destroyed).toBe(1);
  });
});
