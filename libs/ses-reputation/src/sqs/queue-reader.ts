import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import { BurstLog } from '../burst-log.js';
import { describeError } from '../describe-error.js';
import { InvalidFeedbackError } from '../feedback/invalid-feedback.error.js';
import type { QueueOptions } from '../options/ses-reputation-options.js';
import { BackOff } from './back-off.js';
import { deleteMessages } from './delete-messages.js';
import { queueClient } from './queue-client.js';
import type { StoreGate } from './store-gate.js';

/** As many as SQS gives at once. */
const BATCH = 10;
/** An application that closes waits no longer for a database that hangs: what is in hand comes again. */
const CLOSING_MS = 15_000;
/** Share of the visibility timeout after which it is extended. */
const HEARTBEAT = 1 / 3;

/** What a reader needs of the application. */
export interface QueueHost {
  /** Resolves when the body is taken in and committed. */
  ingest(body: unknown): Promise<unknown>;
  store: StoreGate;
  /** Milliseconds since the epoch. */
  now(): number;
}

/**
 * Reads one queue. A message is deleted after its own commit; what fails stays in the queue and comes again, to its
 * dead-letter queue in the end.
 */
export class QueueReader {
  private readonly logger = new Logger('SesFeedback');
  private readonly bursts = new BurstLog(this.logger);
  private readonly client: SQSClient;
  private readonly close: () => void;
  private readonly lines: { consumer: Consumer; inHand: boolean }[];
  private readonly stopping = new AbortController();

  constructor(
    private readonly queue: Required<QueueOptions>,
    private readonly host: QueueHost,
  ) {
    const { client, close } = queueClient(queue);
    this.client = client;
    this.close = close;
    this.lines = Array.from({ length: queue.concurrency }, () => this.createLine());
  }

  start(): void {
    for (const { consumer } of this.lines) consumer.start();
    this.logger.log(`Reads feedback from ${this.queue.url}`);
  }

  /** Takes no more messages, and waits for those in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // Aborted only where it waits for messages: a batch in hand still needs its extensions.
    for (const { consumer, inHand } of this.lines) consumer.stop({ abort: !inHand });
    await this.idle(performance.now() + CLOSING_MS);
    if (this.isBusy)
      this.logger.warn(`Feedback of ${this.queue.url} was not stored in time to stop: it comes again`);
    this.close();
  }

  private createLine() {
    const { url, waitTimeSeconds, visibilityTimeoutSeconds } = this.queue;
    const backOff = new BackOff();
    const consumer = Consumer.create({
      queueUrl: url,
      sqs: this.client,
      batchSize: BATCH,
      waitTimeSeconds,
      visibilityTimeout: visibilityTimeoutSeconds,
      heartbeatInterval: visibilityTimeoutSeconds * HEARTBEAT,
      // Both are done here: its own deletion ends with the abort of stop(), and its pauses leave most errors out.
      shouldDeleteMessages: false,
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: () => this.untilWorthIt(backOff),
      postReceiveMessageCallback: async () => backOff.worked(),
      handleMessageBatch: async (messages) => {
        line.inHand = true;
        await this.take(messages).finally(() => (line.inHand = false));
        return [];
      },
    });
    consumer.on('error', (error, messages) => {
      if (this.stopping.signal.aborted) return;
      if (messages === undefined) backOff.failed();
      const what = messages === undefined ? 'read' : 'extended';
      const why = describeError(error instanceof Error ? (error.cause ?? error) : error);
      this.say('error', what, `The queue ${url} can't be ${what}, and is tried again: ${why}`);
    });
    const line = { consumer, inHand: false };
    return line;
  }

  /**
   * A message that is received counts as tried, and lands in the dead-letter queue after a few tries: while the queue or
   * the database fails, none is.
   */
  private async untilWorthIt(backOff: BackOff): Promise<void> {
    await backOff.wait(this.stopping.signal);
    await this.host.store.answers();
  }

  private async take(messages: readonly Message[]): Promise<void> {
    const results = await Promise.allSettled(messages.map(async ({ Body }) => this.host.ingest(Body)));
    const taken = messages.filter((_, i) => results[i]!.status === 'fulfilled');
    const errors = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const invalid = errors.filter(isInvalid);
    const failed = errors.filter((error) => !isInvalid(error));
    if (invalid.length > 0) this.sayInvalid(invalid[0]);
    if (failed.length > 0) this.sayFailed(failed[0]);
    if (taken.length > 0) {
      this.host.store.worked();
      await deleteMessages(this.client, this.queue.url, taken).catch((error: unknown) =>
        this.sayNotDeleted(error),
      );
    } else if (failed.length > 0) {
      this.host.store.failed();
    }
  }

  private sayInvalid(error: unknown): void {
    const why = describeError(error);
    this.say(
      'warn',
      'invalid',
      `A message of ${this.queue.url} is no feedback, and is left to its dead-letter queue: ${why}`,
    );
  }

  private sayFailed(error: unknown): void {
    const why = describeError(error);
    this.say('error', 'failed', `Feedback of ${this.queue.url} was not stored, and comes again: ${why}`);
  }

  private sayNotDeleted(error: unknown): void {
    const why = describeError(error);
    this.say(
      'warn',
      'delete',
      `Messages of ${this.queue.url} were taken in and not deleted; they come again, and count once: ${why}`,
    );
  }

  private say(level: 'warn' | 'error', kind: string, message: string): void {
    this.bursts.log(level, kind, message, this.host.now());
  }

  private get isBusy(): boolean {
    return this.lines.some(({ consumer }) => consumer.status.isPolling);
  }

  private async idle(untilMs: number): Promise<void> {
    while (this.isBusy && performance.now() < untilMs) await sleep(10);
  }
}

function isInvalid(error: unknown): boolean {
  return error instanceof InvalidFeedbackError;
}
