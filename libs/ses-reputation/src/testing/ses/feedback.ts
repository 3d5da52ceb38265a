import {
  AUTO_REPLY,
  bounceBody,
  complaintBody,
  deliveryBody,
  MAILBOX_FULL_BOUNCE,
  ON_ACCOUNT_LIST,
  ON_GLOBAL_LIST,
  type BounceDetails,
  type ComplaintDetails,
} from './event-bodies.js';
import type { EventType } from './event-destinations.js';
import type { EventPublisher } from './event-publisher.js';
import { sesId } from './ids.js';
import { domainOf, fateOf, isMailboxSimulator, type RecipientFate } from './recipient-fate.js';
import type { RatesAmazonSees } from './seen-rates.js';
import type { AcceptedMail } from './sent-mail.js';
import type { SuppressionList, SuppressionReason } from './suppression-list.js';

const BOUNCES: Partial<Record<RecipientFate, BounceDetails>> = {
  'hard-bounce': {},
  'soft-bounce': MAILBOX_FULL_BOUNCE,
  'global-list': ON_GLOBAL_LIST,
  'account-list': ON_ACCOUNT_LIST,
};

/** What comes back for accepted mail, and what that does to the account's suppression list. */
export class Feedback {
  private tail: Promise<void> = Promise.resolve();
  private failure: { error: unknown } | null = null;

  constructor(
    private readonly publisher: EventPublisher,
    private readonly list: SuppressionList,
    /** Reasons that count for a mail: the account's, or its configuration set's. */
    private readonly reasonsFor: (mail: AcceptedMail) => readonly SuppressionReason[],
    private readonly now: () => number,
    private readonly rates: RatesAmazonSees,
  ) {}

  /** Send, then Delivery or Bounce, then Complaint; after the answer to the call went out. */
  follow(mail: AcceptedMail): void {
    this.rates.sent(mail);
    const fates = mail.recipients.map((address) => [address, this.fateNow(mail, address)] as const);
    const withFate = (...wanted: RecipientFate[]) =>
      fates.filter(([, fate]) => wanted.includes(fate)).map(([address]) => address);
    this.later(() => {
      this.publisher.publish(mail, 'Send', 'send', {});
      const delivered = withFate('delivered', 'auto-reply', 'complaint');
      if (delivered.length > 0) this.delivery(mail, delivered);
      for (const [fate, details] of Object.entries(BOUNCES)) {
        const recipients = withFate(fate as RecipientFate);
        if (recipients.length > 0) this.bounce(mail, recipients, details);
      }
      const away = withFate('auto-reply');
      if (away.length > 0) this.bounce(mail, away, AUTO_REPLY);
      // A complaint report names no recipient: SES lists those of the complaining domain.
      const complaining = withFate('complaint');
      for (const domain of new Set(complaining.map(domainOf)))
        this.complaint(
          mail,
          complaining.filter((address) => domainOf(address) === domain),
          {},
        );
    });
  }

  /** An event of its own making: open, click, delay and the like. */
  event(mail: AcceptedMail, type: EventType, member: string, body: object): void {
    this.later(() => this.publisher.publish(mail, type, member, body));
  }

  bounceLater(mail: AcceptedMail, recipients: string[], details: BounceDetails): void {
    this.later(() => this.bounce(mail, recipients, details));
  }

  complaintLater(mail: AcceptedMail, recipients: string[], details: ComplaintDetails): void {
    this.later(() => this.complaint(mail, recipients, details));
  }

  /** Resolves when everything so far is with SNS; rejects if SNS took some of it for too large. */
  async published(): Promise<void> {
    await this.tail;
    const failed = this.failure;
    this.failure = null;
    if (failed) throw failed.error;
  }

  private fateNow(mail: AcceptedMail, address: string): RecipientFate {
    if (isMailboxSimulator(address)) return fateOf(address);
    return this.list.suppresses(address, this.reasonsFor(mail)) ? 'account-list' : fateOf(address);
  }

  private delivery(mail: AcceptedMail, recipients: string[]): void {
    const took = Math.max(1, this.now() - mail.at.getTime());
    this.publisher.publish(mail, 'Delivery', 'delivery', deliveryBody(recipients, this.timestamp(), took));
  }

  private bounce(mail: AcceptedMail, recipients: string[], details: BounceDetails): void {
    const feedbackId = sesId(this.now());
    const body = bounceBody(recipients, details, feedbackId, this.timestamp());
    // What SES held back itself was on a list already; it says nothing new about the address.
    const heldBack = ['OnAccountSuppressionList', 'Suppressed'].includes(body.bounceSubType);
    if (body.bounceType === 'Permanent' && !heldBack) this.suppress(mail, recipients, 'BOUNCE', feedbackId);
    this.rates.bounced(mail, recipients, body);
    this.publisher.publish(mail, 'Bounce', 'bounce', body);
  }

  private complaint(mail: AcceptedMail, recipients: string[], details: ComplaintDetails): void {
    const feedbackId = sesId(this.now());
    const body = complaintBody(recipients, details, feedbackId, this.timestamp());
    if (details.complaintFeedbackType !== 'not-spam')
      this.suppress(mail, recipients, 'COMPLAINT', feedbackId);
    this.rates.complained(mail, recipients, body);
    this.publisher.publish(mail, 'Complaint', 'complaint', body);
  }

  private suppress(
    mail: AcceptedMail,
    addresses: string[],
    reason: SuppressionReason,
    feedbackId: string,
  ): void {
    if (!this.reasonsFor(mail).includes(reason)) return;
    for (const address of addresses)
      if (!isMailboxSimulator(address)) this.list.add(address, reason, { messageId: mail.id, feedbackId });
  }

  private timestamp(): string {
    return new Date(this.now()).toISOString();
  }

  private later(publish: () => void): void {
    this.tail = this.tail
      .then(() => new Promise<void>((resolve) => setImmediate(resolve)))
      .then(publish)
      .catch((error: unknown) => void (this.failure ??= { error }));
  }
}
