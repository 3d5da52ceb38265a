import { Logger, type INestApplicationContext } from '@nestjs/common';
import { describeError } from '../describe-error.js';
import { SesReputationConfigError } from '../errors.js';
import { EventDispatcher } from '../events/event-dispatcher.js';
import { FeedbackPulse } from '../feedback/feedback-pulse.js';
import { FeedbackService } from '../feedback/feedback.service.js';
import { InvalidFeedbackError } from '../feedback/invalid-feedback.error.js';
import { settledWithin } from '../settled-within.js';
import { coldStart, type AppSource } from './cold-start.js';

export type { AppSource } from './cold-start.js';

/** What Lambda is told of the SQS messages that must come again. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The part of Lambda's context that is read. */
export interface LambdaContext {
  getRemainingTimeInMillis?(): number;
}

/** A Lambda function's handler. */
export type SnsHandler = (event: unknown, context?: LambdaContext) => Promise<SqsBatchResponse | undefined>;

interface SqsRecord {
  messageId: string;
  body: unknown;
}

/** Records that are taken in at the same time: an SQS event may hold 10,000. */
const AT_ONCE = 100;
/** Listeners of a function that delivers events itself are waited for no longer than this. */
const DELIVERY_MS = 5_000;

/**
 * A Lambda handler that takes feedback in: events of SNS, of an SQS event source, and of EventBridge. All of it is
 * committed before it returns. What is no feedback is logged: of SQS it is left to the dead-letter queue, else dropped.
 *
 * The returned handler rejects if the application does not start (the next invocation tries again) or the database
 * does not take it, so that Lambda comes again with the same: what is stored already counts once. Of an SQS
 * event it names the messages that failed, which needs `ReportBatchItemFailures` on the event source.
 *
 * @example
 * export const handler = createSnsHandler(() => NestFactory.createApplicationContext(AppModule));
 */
export function createSnsHandler(app: AppSource): SnsHandler {
  const start = coldStart(app);
  const logger = new Logger('SesFeedback');
  return async (event, context) => {
    const host = await start();
    const feedback = serviceOf(host, FeedbackService);
    const ingest = (body: unknown) => feedback.ingest(body, { source: 'lambda' });
    const messages = sqsRecords(event);
    try {
      if (messages) return await takeMessages(messages, ingest, logger);
      await takeRecords(recordsOf(event), ingest, logger);
      return undefined;
    } finally {
      await settleBeforeFreeze(host, context);
    }
  };
}

type Ingest = (body: unknown) => Promise<unknown>;

/** @throws the first error that trying again may help against */
async function takeRecords(records: readonly unknown[], ingest: Ingest, logger: Logger): Promise<void> {
  const results = await settleAll(records, ingest);
  sayInvalid(results, logger);
  const failure = results.find(isFailure);
  if (failure) throw failure.reason;
}

async function takeMessages(
  messages: readonly SqsRecord[],
  ingest: Ingest,
  logger: Logger,
): Promise<SqsBatchResponse> {
  const results = await settleAll(
    messages.map(({ body }) => body),
    ingest,
  );
  sayInvalid(results, logger);
  const failure = results.find(isFailure);
  // Where nothing was stored this says the same, and holds without ReportBatchItemFailures too.
  if (failure && results.every(isRejected)) throw failure.reason;
  if (failure) logger.error(`Feedback was not stored, and comes again: ${describeError(failure.reason)}`);
  const failed = messages.filter((_, i) => isRejected(results[i]!));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function settleAll(
  bodies: readonly unknown[],
  ingest: Ingest,
): Promise<PromiseSettledResult<unknown>[]> {
  const results: PromiseSettledResult<unknown>[] = [];
  for (let i = 0; i < bodies.length; i += AT_ONCE) {
    results.push(...(await Promise.allSettled(bodies.slice(i, i + AT_ONCE).map(ingest))));
  }
  return results;
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === 'rejected';
}

function isInvalid(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return isRejected(result) && result.reason instanceof InvalidFeedbackError;
}

function isFailure(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return isRejected(result) && !isInvalid(result);
}

/** One line an invocation, however many there are. */
function sayInvalid(results: readonly PromiseSettledResult<unknown>[], logger: Logger): void {
  const invalid = results.filter(isInvalid);
  if (invalid.length === 0) return;
  logger.warn(`${invalid.length} of ${results.length} are no feedback: ${describeError(invalid[0]!.reason)}`);
}

/** The messages of an SQS event source; `null` for any other event. */
function sqsRecords(event: unknown): readonly SqsRecord[] | null {
  const records = recordsOf(event);
  return records.length > 0 && records.every(isSqs) ? records : null;
}

function isSqs(record: unknown): record is SqsRecord {
  return (record as { eventSource?: unknown } | null)?.eventSource === 'aws:sqs';
}

/** An EventBridge event is one by itself. */
function recordsOf(event: unknown): readonly unknown[] {
  const { Records } = (event ?? {}) as { Records?: unknown };
  return Array.isArray(Records) ? Records : [event];
}

/**
 * Lambda freezes the process once the handler has returned: what was begun beside the commit ends before. If this
 * process leads, its listeners hear what is due.
 */
async function settleBeforeFreeze(app: INestApplicationContext, context?: LambdaContext): Promise<void> {
  const left = context?.getRemainingTimeInMillis?.() ?? Infinity;
  const [pulse, dispatcher] = [serviceOf(app, FeedbackPulse), serviceOf(app, EventDispatcher)];
  await settledWithin(Math.min(DELIVERY_MS, left / 2), Promise.all([pulse.settled(), dispatcher.drain()]));
}

/** By whatever module: SesReputationModule need not be global. */
function serviceOf<T>(app: INestApplicationContext, token: new (...args: never[]) => T): T {
  try {
    return app.get<T>(token, { strict: false });
  } catch (cause) {
    throw new SesReputationConfigError(
      'createSnsHandler finds no SesReputationModule: add SesReputationModule.forRoot(...) (from ' +
        'nestjs-ses-reputation) to the imports of the application that it is given',
      { cause },
    );
  }
}
