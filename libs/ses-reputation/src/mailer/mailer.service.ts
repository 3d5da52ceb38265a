import { setMaxListeners } from 'node:events';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../clock.js';
import { SesEventBus } from '../events/ses-event-bus.js';
import { GuardGate } from '../guard/guard-gate.js';
import type { SendPause } from '../guard/send-pause.js';
import { SES_OPTIONS, type ResolvedOptions, type ResolvedStream } from '../options/ses-reputation-options.js';
import { SendRate } from '../rate/send-rate.js';
import { ReputationLedger } from '../reputation/reputation-ledger.js';
import { closeOwn } from '../ses/ses-client.js';
import { SES_CLIENT } from '../ses/tokens.js';
import { Store } from '../store/store.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import { sentBookings } from './bookings.js';
import { checkMessage, streamsIn, type CheckedMessage } from './check-message.js';
import { composeRequest } from './compose.js';
import { MessageInvalidError, RecipientsSuppressedError, SendOutcomeUnknownError } from './errors.js';
import { holdBack } from './hold-back.js';
import { IdempotentSends } from './idempotent-sends.js';
import type { MailMessage } from './message.js';
import { closeStream } from './read-stream.js';
import { everyone, without } from './read-recipients.js';
import { SecondLook, Withdrawn } from './second-look.js';
import { sendEmail } from './send-email.js';
import { failedEvent, sentEvent, suppressedEvent } from './send-events.js';
import { sendMany } from './send-many/send-many.js';
import {
  readSendMany,
  type MessageSource,
  type SendManyOptions,
  type SendManyReceipt,
} from './send-many/send-many-options.js';
import type { Admitted, SendSteps } from './send-many/steps.js';
import type { SendReceipt, SuppressedRecipient } from './send-receipt.js';
import { leftOut, SuppressionGate, type GateResult } from './suppression-gate.js';

/** Sends mail with Amazon SES, to nobody who is suppressed. */
@Injectable()
export class MailerService implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private readonly suppressions: SuppressionGate;
  private readonly secondLook: SecondLook;
  private closed = false;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SES_CLIENT) private readonly client: SESv2Client,
    store: Store,
    ledger: SuppressionLedger,
    private readonly reputation: ReputationLedger,
    private readonly idempotentSends: IdempotentSends,
    private readonly guard: GuardGate,
    private readonly events: SesEventBus,
    private readonly clock: Clock,
    private readonly rate: SendRate,
  ) {
    this.suppressions = new SuppressionGate(ledger, store);
    this.secondLook = new SecondLook({
      clock,
      guard,
      suppressions: this.suppressions,
      hold: (message, pause) => this.hold(message, pause),
      tell: (message, suppressed) => this.raiseSuppressed(message, null, suppressed),
    });
    // Every send that waits listens to it.
    setMaxListeners(0, this.closing.signal);
  }

  /**
   * Sends one message. Suppressed recipients are left out; the others get the mail. A message of a stream that the
   * guard has paused is not sent, and not kept: its receipt says `paused`, why, and until when.
   *
   * @example
   * ```ts
   * const { status, messageId } = await mailer.send({
   *   to: 'Ann <ann@example.com>',
   *   subject: 'Welcome',
   *   text: 'Good to have you.',
   * });
   * ```
   *
   * @throws MessageInvalidError before anything is called, with the field that is wrong
   * @throws RecipientsSuppressedError if recipients are suppressed and `onSuppressed` is `throw`
   * @throws SuppressionUnavailableError if the list can't be read and the stream fails closed
   * @throws SendThrottledError, SendQuotaExceededError, SesUnavailableError: nothing was sent, try again later
   * @throws SendingDisabledError, SendRejectedError: nothing was sent, and somebody has to look
   * @throws SendOutcomeUnknownError: it may have been sent; never repeated by this module
   * @throws StoreUnavailableError if an `idempotencyKey` can't be stored; nothing was sent
   */
  async send(message: MailMessage): Promise<SendReceipt> {
    const streams = streamsIn(message);
    try {
      return await this.sendRead(checkMessage(message, this.options));
    } finally {
      // Those that were never read, of a refused message too, hold a file or a socket open.
      streams.forEach(closeStream);
    }
  }

  /**
   * Sends many messages, and gives their receipts in the order of input. Messages of one template share a call of
   * SES (`SendBulkEmail`, up to 50), and the suppression list is asked about 50 at a time. It takes no more from
   * `messages` than twice `concurrency` ahead of the receipts that were taken, so that a source of any length fits.
   *
   * A message that can't be sent gives a receipt with status `failed` and the error that {@link send} would throw.
   * What the source itself throws is thrown after the receipts of what it gave before.
   *
   * A signal that aborts, or the application's end: nothing more is taken from the source, what is at SES gets its
   * answer, what was taken and not yet handed over fails with `SendCancelledError`, and after the last receipt the
   * signal's reason (or a `SendCancelledError`) is thrown. Leaving the loop early does the same without receipts.
   *
   * @example
   * ```ts
   * for await (const receipt of mailer.sendMany(messages)) {
   *   if (receipt.status === 'failed') logger.warn(receipt.error.message);
   * }
   * ```
   *
   * @throws MessageInvalidError at once, if `messages` can't be iterated or an option is wrong
   */
  sendMany(
    messages: MessageSource,
    options: SendManyOptions = {},
  ): AsyncGenerator<SendManyReceipt, void, undefined> {
    return sendMany(messages, readSendMany(messages, options), this.steps());
  }

  /** What `sendMany` does of each message as `send` does it. */
  private steps(): SendSteps {
    return {
      client: this.client,
      closing: this.closing.signal,
      check: (message) => checkMessage(message as MailMessage, this.options),
      hold: (message) => {
        const pause = this.guard.pauseOf(message.stream);
        return pause && this.hold(message, pause);
      },
      look: (keys, stream) => this.look(keys, stream),
      admit: (message, gate) => this.admit(message, gate),
      stillFree: (admitted) => this.secondLook.stillFree(admitted),
      turnsOf: (emails, priority) => this.rate.turnsOf(emails, priority),
      mostAtOnce: (priority) => this.rate.mostAtOnce(priority),
      submit: (admitted, signal) => this.submit(admitted, signal),
      accept: (taken) => this.accept(taken),
      sendWhole: (message, signal) => this.sendRead(message, signal),
      failed: (message, error) => this.failed(message, error),
      track: (work) => this.track(work),
    };
  }

  private async sendRead(message: CheckedMessage, signal = this.closing.signal): Promise<SendReceipt> {
    try {
      return await this.track(this.sendChecked(message, signal));
    } catch (error) {
      this.failed(message, error);
      throw error;
    }
  }

  /** The application's end waits for it. */
  private async track<T>(work: Promise<T>): Promise<T> {
    this.underWay.add(work);
    try {
      const done = await work;
      if (this.closed) await this.reputation.finish();
      return done;
    } finally {
      this.underWay.delete(work);
      if (this.closed) this.closeClient();
    }
  }

  private failed(message: CheckedMessage, error: unknown): void {
    if (isOfTheMessage(error)) return;
    this.events.emitAll([failedEvent(message, error as Error, new Date(this.clock.now()))]);
  }

  /**
   * Sends under way get their answer; those that wait for another attempt give up. The host may go on sending,
   * of its own shutdown for example.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.underWay);
  }

  /** Only now: a client that is closed breaks the connections of the sends that use it. */
  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.underWay);
    // Nothing comes after this that would book what waits.
    await this.reputation.finish();
    this.closeClient();
  }

  private closeClient(): void {
    if (this.underWay.size === 0) closeOwn(this.client);
  }

  private sendChecked(message: CheckedMessage, signal: AbortSignal): Promise<SendReceipt> {
    if (message.idempotencyKey === null) return this.deliver(message, signal);
    return this.idempotentSends.once(message.idempotencyKey, signal, () => this.deliver(message, signal));
  }

  private async deliver(message: CheckedMessage, signal: AbortSignal): Promise<SendReceipt> {
    const pause = this.guard.pauseOf(message.stream);
    if (pause) return this.hold(message, pause);
    const keys = everyone(message.recipients).map(({ key }) => key);
    const admitted = this.admit(message, await this.look(keys, message.stream));
    if ('receipt' in admitted) return admitted.receipt;
    try {
      const messageId = await this.submit(admitted, signal);
      return this.accept([{ admitted, messageId }])[0]!;
    } catch (error) {
      if (error instanceof Withdrawn) return error.receipt;
      throw error;
    }
  }

  private look(keys: string[], stream: ResolvedStream): Promise<GateResult> {
    return this.suppressions.ask(keys, stream);
  }

  /** Who is left of the recipients, and may the mail go out to them? */
  private admit(message: CheckedMessage, gate: GateResult): { receipt: SendReceipt } | Admitted {
    const suppressed = leftOut(message.recipients, gate.suppressed);
    if (suppressed.length > 0 && message.onSuppressed === 'throw') {
      this.raiseSuppressed(message, null, suppressed);
      throw new RecipientsSuppressedError(suppressed);
    }
    const recipients =
      suppressed.length > 0 ? without(message.recipients, gate.suppressed) : message.recipients;
    const left = everyone(recipients).length;
    if (left === 0) {
      this.raiseSuppressed(message, null, suppressed);
      return { receipt: { status: 'suppressed', messageId: null, accepted: [], suppressed } };
    }
    // Only now, when it is known who is left: it is counted by the recipients that SES gets.
    const passage = this.guard.pass(message.stream, left);
    if (passage.pause) return { receipt: this.hold(message, passage.pause) };
    return { message, recipients, suppressed, gate, askedAt: this.clock.now(), giveBack: passage.giveBack };
  }

  private async submit(admitted: Admitted, signal: AbortSignal): Promise<string> {
    const { message, recipients, giveBack } = admitted;
    const turns = this.rate.turnsOf(everyone(recipients).length, message.stream.priority);
    try {
      const request = await composeRequest(message, recipients, signal);
      return await sendEmail(this.client, request, signal, turns, () =>
        this.secondLook.of(admitted, request),
      );
    } catch (error) {
      if (!(error instanceof SendOutcomeUnknownError)) giveBack();
      throw error;
    }
  }

  private hold(message: CheckedMessage, pause: SendPause): SendReceipt {
    const { receipt, event } = holdBack(message, pause, new Date(this.clock.now()));
    this.events.emitAll([event]);
    return receipt;
  }

  /**
   * SES has the mails, all of one stream and configuration set: whatever goes wrong from here on must not look like
   * a failed send.
   */
  private accept(taken: { admitted: Admitted; messageId: string }[]): SendReceipt[] {
    const { stream, configurationSet } = taken[0]!.admitted.message;
    const at = new Date(this.clock.now());
    const keys = taken.flatMap(({ admitted }) => everyone(admitted.recipients).map(({ key }) => key));
    this.reputation.bookSent(sentBookings(keys, { stream: stream.name, configurationSet }, at));
    return taken.map(({ admitted: { message, recipients, suppressed, gate }, messageId }) => {
      const accepted = everyone(recipients).map(({ given }) => given);
      if (gate.unchecked) {
        this.logger.warn(
          `${messageId} went out on "${stream.name}" without a look at the suppression list: ${gate.unchecked.message}`,
        );
      }
      this.events.emitAll([sentEvent(message, messageId, accepted, gate.unchecked !== undefined, at)]);
      if (suppressed.length > 0) this.raiseSuppressed(message, messageId, suppressed);
      return { status: suppressed.length > 0 ? 'partial' : 'sent', messageId, accepted, suppressed };
    });
  }

  private raiseSuppressed(
    message: CheckedMessage,
    messageId: string | null,
    suppressed: SuppressedRecipient[],
  ): void {
    this.events.emitAll([suppressedEvent(message, messageId, suppressed, new Date(this.clock.now()))]);
  }
}

/** A mistake of the caller, or what it asked for: not a failure to send. */
function isOfTheMessage(error: unknown): boolean {
  return error instanceof MessageInvalidError || error instanceof RecipientsSuppressedError;
}
