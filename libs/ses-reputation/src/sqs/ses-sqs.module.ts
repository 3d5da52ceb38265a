import { Module } from '@nestjs/common';
import { SqsConsumers } from './sqs-consumers.js';

/**
 * Reads the queues of `feedback.queues` for as long as the application runs. Needs `sqs-consumer` and
 * `@aws-sdk/client-sqs`, and {@link SesReputationModule} in the same application.
 *
 * @example
 * imports: [
 *   SesReputationModule.forRoot({ feedback: { topicArns, queues: [{ url: process.env.SES_QUEUE_URL }] } }),
 *   SesSqsModule,
 * ]
 */
@Module({ providers: [SqsConsumers] })
export class SesSqsModule {}
