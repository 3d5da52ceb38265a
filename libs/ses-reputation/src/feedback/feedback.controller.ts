import {
  Controller,
  HttpCode,
  HttpException,
  HttpStatus,
  Inject,
  Logger,
  Post,
  Req,
  SetMetadata,
  VERSION_NEUTRAL,
  applyDecorators,
  type Type,
} from '@nestjs/common';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { Clock } from '../clock.js';
import { describeError } from '../describe-error.js';
import { BurstLog } from '../burst-log.js';
import { FEEDBACK_LIMITS, type FeedbackLimits } from './feedback-limits.js';
import { FeedbackRefusedError } from './feedback-refused.js';
import { ReadsBodyItself } from './feedback-route.js';
import { readRequestBody, type FeedbackRequest } from './request-body.js';
import { SnsReceiver, type FeedbackStatus } from './sns/sns-receiver.js';

export interface FeedbackControllerOptions {
  /** Metadata by which guards of the host's know the route, beside what is always set. */
  metadata?: Record<string, unknown>;
}

/** SNS can't log in, and is not to be slowed down: the signature is what lets it in. */
const EXEMPTIONS = { isPublic: true, 'THROTTLER:SKIPdefault': true };

/**
 * The controller that takes what Amazon SNS posts to `path`.
 *
 * The handler takes the request itself rather than a body: no pipe of the host's touches it.
 */
export function createFeedbackController(
  path: string,
  { metadata = {} }: FeedbackControllerOptions = {},
): Type<unknown> {
  const Exempt = () => exemptFromGuards({ ...EXEMPTIONS, ...metadata });

  @Controller({ path, version: VERSION_NEUTRAL })
  @Exempt()
  class FeedbackController {
    private readonly log = new BurstLog(new Logger('SesFeedback'));

    constructor(
      @Inject(SnsReceiver) private readonly receiver: SnsReceiver,
      @Inject(FEEDBACK_LIMITS) private readonly limits: FeedbackLimits,
      @Inject(Clock) private readonly clock: Clock,
    ) {}

    @Post()
    @HttpCode(HttpStatus.OK)
    @ReadsBodyItself()
    @Exempt()
    async receive(@Req() request: FeedbackRequest): Promise<{ status: FeedbackStatus }> {
      try {
        const body = await readRequestBody(request, this.limits);
        return { status: await this.receiver.receive(body, { rawDelivery: isRawDelivery(request) }) };
      } catch (error) {
        throw this.answerTo(error);
      }
    }

    private answerTo(error: unknown): HttpException {
      const now = this.clock.now();
      if (!(error instanceof FeedbackRefusedError)) {
        const stack = error instanceof Error ? error.stack : undefined;
        this.log.log('error', 'failure', `Feedback was not stored: ${describeError(error)}`, now, stack);
        // 5xx, because SNS drops for good what is answered with 4xx.
        return answer(HttpStatus.SERVICE_UNAVAILABLE, 'the feedback could not be stored; try again', error);
      }
      const level = error.status === 503 ? 'error' : 'warn';
      this.log.log(level, String(error.status), `Answered ${error.status} to a post: ${error.message}`, now);
      return answer(error.status, error.message, error);
    }
  }

  return FeedbackController;
}

function exemptFromGuards(metadata: Record<string, unknown>): ClassDecorator & MethodDecorator {
  return applyDecorators(...Object.entries(metadata).map(([key, value]) => SetMetadata(key, value)));
}

function isRawDelivery(request: FeedbackRequest): boolean {
  const { headers } = request.raw ?? (request as unknown as IncomingMessage);
  return headers['x-amz-sns-rawdelivery'] === 'true';
}

/** The shape of Nest's own errors. */
function answer(statusCode: number, message: string, cause: unknown): HttpException {
  return new HttpException(HttpException.createBody(message, phrase(statusCode), statusCode), statusCode, {
    cause,
  });
}

function phrase(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
