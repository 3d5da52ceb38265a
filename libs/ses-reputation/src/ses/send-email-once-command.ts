import { SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import { ATTEMPT, triedOnce, withAttempt, type Attempt } from './attempt.js';

/** A `SendEmail` that is tried once. */
export class SendEmailOnceCommand extends SendEmailCommand {
  readonly [ATTEMPT]: Attempt;

  constructor(input: SendEmailCommandInput, attempt: Attempt) {
    super(withAttempt(input, attempt));
    this[ATTEMPT] = attempt;
  }

  override resolveMiddleware(
    ...[stack, configuration, options]: Parameters<SendEmailCommand['resolveMiddleware']>
  ): ReturnType<SendEmailCommand['resolveMiddleware']> {
    return super.resolveMiddleware(stack, triedOnce(this, configuration), options);
  }
}
