import { randomUUID } from 'node:crypto';
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
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
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
import { everyone, without, type Recipients } from './read-recipients.js';
import { sendEmail } from './send-email.js';
import type { SendReceipt, SuppressedRecipient } from './send-receipt.js';
import { SuppressionGate, type GateResult, type Suppressions } from './suppression-gate.js';

/** Sends mail with Amazon SES, to nobody who is suppressed. */
@Injectable()
export class MailerService implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('SesReputation');
  private readonly closing = new AbortController();
  private readonly suppressions: SuppressionGate;
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
  ) {
    this.suppressions = new SuppressionGate(ledger, store);
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

  private async sendRead(message: CheckedMessage): Promise<SendReceipt> {
    const sending = this.sendChecked(message);
    this.underWay.add(sending);
    try {
      return await sending;
    } catch (error) {
      if (!isOfTheMessage(error)) this.raiseFailed(message, error);
      throw error;
    } finally {
      this.underWay.delete(sending);
      if (this.closed) this.closeClient();
    }
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

  private sendChecked(message: CheckedMessage): Promise<SendReceipt> {
    if (message.idempotencyKey === null) return this.deliver(message);
    return this.idempotentSends.once(message.idempotencyKey, this.closing.signal, () =>
      this.deliver(message),
    );
  }

  private async deliver(message: CheckedMessage): Promise<SendReceipt> {
    const pause = this.guard.pauseOf(message.stream);
    if (pause) return this.hold(message, pause);
    const keys = everyone(message.recipients).map(({ key }) => key);
    const gate = await this.suppressions.ask(keys, message.stream);
    const suppressed = leftOut(message.recipients, gate.suppressed);
    if (suppressed.length > 0 && message.onSuppressed === 'throw') {
      this.raiseSuppressed(message, null, suppressed);
      throw new RecipientsSuppressedError(suppressed);
    }
    const recipients = without(message.recipients, gate.suppressed);
    if (everyone(recipients).length === 0) {
      this.raiseSuppressed(message, null, suppressed);
      return { status: 'suppressed', messageId: null, accepted: [], suppressed };
    }
    // Only now, when it is known who is left: it is counted by the recipients that SES gets.
    const passage = this.guard.pass(message.stream, everyone(recipients).length);
    if (passage.pause) return this.hold(message, passage.pause);
    const messageId = await this.submit(message, recipients, passage.giveBack);
    const accepted = this.accept(message, recipients, messageId, gate);
    if (suppressed.length > 0) this.raiseSuppressed(message, messageId, suppressed);
    if (this.closed) await this.reputation.finish();
    return { status: suppressed.length > 0 ? 'partial' : 'sent', messageId, accepted, suppressed };
  }

  private async submit(message: CheckedMessage, to: Recipients, giveBack: () => void): Promise<string> {
    try {
      const request = await composeRequest(message, to, this.closing.signal);
      return await sendEmail(this.client, request, this.closing.signal);
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

  /** SES has the mail: whatever goes wrong from here on must not look like a failed send. */
  private accept(message: CheckedMessage, to: Recipients, messageId: string, gate: GateResult): string[] {
    const stream = message.stream.name;
    const at = new Date(this.clock.now());
    const mailboxes = everyone(to);
    const accepted = mailboxes.map(({ given }) => given);
    this.reputation.bookSent(
      sentBookings(
        mailboxes.map(({ key }) => key),
        { stream, configurationSet: message.configurationSet },
        at,
      ),
    );
    if (gate.unchecked) {
      this.logger.warn(
        `${messageId} went out on "${stream}" without a look at the suppression list: ${gate.unchecked.message}`,
      );
    }
    const unchecked = gate.unchecked !== undefined;
    this.events.emit('ses.send.sent', {
      id: `sent:${messageId}`,
      at,
      stream,
      messageId,
      address: onlyOne(accepted),
      accepted,
      unchecked,
    });
    return accepted;
  }

  private raiseSuppressed(
    message: CheckedMessage,
    messageId: string | null,
    suppressed: SuppressedRecipient[],
  ): void {
    this.events.emit('ses.send.suppressed', {
      id: `suppressed:${messageId ?? randomUUID()}`,
      at: new Date(this.clock.now()),
      stream: message.stream.name,
      messageId,
      address: onlyOne(suppressed.map(({ address }) => address)),
      suppressed,
    });
  }

  private raiseFailed(message: CheckedMessage, error: unknown): void {
    this.events.emit('ses.send.failed', {
      id: `failed:${randomUUID()}`,
      at: new Date(this.clock.now()),
      stream: message.stream.name,
      messageId: null,
      recipients: everyone(message.recipients).map(({ given }) => given),
      error: error as Error,
    });
  }
}

function onlyOne(addresses: string[]): string | null {
  return addresses.length === 1 ? addresses[0]! : null;
}

/** A mistake of the caller, or what it asked for: not a failure to send. */
function isOfTheMessage(error: unknown): boolean {
  return error instanceof MessageInvalidError || error instanceof RecipientsSuppressedError;
}

function leftOut(recipients: Recipients, suppressions: Suppressions): SuppressedRecipient[] {
  return everyone(recipients).flatMap(({ key, given }) => {
    const found = suppressions.get(key);
    return found ? [{ address: given, reason: found.reason, since: found.since }] : [];
  });
}
