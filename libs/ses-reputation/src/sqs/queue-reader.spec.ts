import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { QueueReader } from './queue-reader.js';
import { StoreGate } from './store-gate.js';

describe('QueueReader', () => {
  beforeEach(() => Logger.overrideLogger(false));
  afterEach(() => Logger.overrideLogger(['log', 'warn', 'error']));

  it('asks a queue that fails again after pauses that grow, and ends the pause when it stops', async () => {
    const asked: number[] = [];
    let enough!: () => void;
    const asks = new Promise<void>((resolve) => (enough = resolve));
    const client = {
      send: async () => {
        if (asked.push(performance.now()) === 4) enough();
        throw Object.assign(new Error('denied'), {
          name: 'AccessDenied',
          $metadata: { httpStatusCode: 403 },
        });
      },
    };
    const queue = {
      url: 'https://sqs.eu-west-1.amazonaws.com/123456789012/q',
      client: client as unknown as SQSClient,
      concurrency: 1,
      waitTimeSeconds: 20,
      visibilityTimeoutSeconds: 60,
    };
    const store = new StoreGate(async () => undefined, new AbortController().signal);
    const reader = new QueueReader(queue, { ingest: async () => undefined, store, now: Date.now });
    reader.start();
    await asks;
    await reader.stop();
    const pauses = asked.slice(1).map((at, i) => at - asked[i]!);
    // At least half of 500 ms, which doubles; a timer may be a millisecond early.
    expect(pauses.map((ms, i) => ms >= 250 * 2 ** i - 2)).toEqual([true, true, true]);
    expect(asked.length).toBeLessThanOrEqual(5);
  });
});
