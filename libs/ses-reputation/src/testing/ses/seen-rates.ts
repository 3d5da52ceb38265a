import { isMailboxSimulator } from './recipient-fate.js';
import type { AcceptedMail } from './sent-mail.js';

/** Rates as Amazon takes them; `volume` is the mail they are over. */
export interface SeenRates {
  bounceRate: number;
  complaintRate: number;
  volume: number;
}

interface Seen {
  configurationSet: string | undefined;
  /** Recipients that count: those that Amazon tried to deliver to, its own test addresses apart. */
  eligible: Set<string>;
  bounced: Set<string>;
  complaints: number;
}

/** As Amazon's notices show it (10,476 and 10,192 eligible emails); the true size is not published. */
const REPRESENTATIVE_VOLUME = 10_000;
/** SES tried no delivery. */
const ON_ACCOUNT_LIST = 'OnAccountSuppressionList';

/**
 * What Amazon would make of the mail: hard bounces and complaints over the newest 10,000 recipients. Left out is
 * what Amazon leaves out: its mailbox simulator, soft bounces, bounces of the account's own suppression list (which
 * leave the volume too) and of the account's verified identities, and complaints of `not-spam`.
 */
export class RatesAmazonSees {
  private readonly mails: Seen[] = [];
  private readonly byId = new Map<string, Seen>();

  constructor(private readonly isVerified: (address: string) => boolean) {}

  sent(mail: AcceptedMail): void {
    const eligible = new Set(mail.recipients.filter((address) => !isMailboxSimulator(address)));
    const seen = {
      configurationSet: mail.configurationSet,
      eligible,
      bounced: new Set<string>(),
      complaints: 0,
    };
    this.mails.push(seen);
    this.byId.set(mail.id, seen);
  }

  bounced(
    mail: AcceptedMail,
    recipients: readonly string[],
    { bounceType, bounceSubType }: { bounceType: string; bounceSubType: string },
  ): void {
    const seen = this.byId.get(mail.id);
    if (!seen || bounceType !== 'Permanent') return;
    for (const address of recipients) {
      if (bounceSubType === ON_ACCOUNT_LIST) seen.eligible.delete(address);
      else if (seen.eligible.has(address) && !this.isVerified(address)) seen.bounced.add(address);
    }
  }

  /** One complaint, however many recipients SES names. */
  complained(
    mail: AcceptedMail,
    recipients: readonly string[],
    body: { complaintSubType: string | null; complaintFeedbackType?: string },
  ): void {
    const seen = this.byId.get(mail.id);
    if (!seen || body.complaintFeedbackType === 'not-spam') return;
    if (body.complaintSubType === ON_ACCOUNT_LIST)
      for (const address of recipients) seen.eligible.delete(address);
    else if (recipients.some((address) => seen.eligible.has(address))) seen.complaints += 1;
  }

  /** Of one configuration set, or of the whole account. */
  rates(configurationSet?: string): SeenRates {
    const sum = { volume: 0, bounces: 0, complaints: 0 };
    for (let newest = this.mails.length - 1; newest >= 0 && sum.volume < REPRESENTATIVE_VOLUME; newest--) {
      const seen = this.mails[newest]!;
      if (configurationSet !== undefined && seen.configurationSet !== configurationSet) continue;
      sum.volume += seen.eligible.size;
      sum.bounces += [...seen.bounced].filter((address) => seen.eligible.has(address)).length;
      sum.complaints += seen.complaints;
    }
    const of = (count: number) => (sum.volume === 0 ? 0 : Math.min(1, count / sum.volume));
    return { bounceRate: of(sum.bounces), complaintRate: of(sum.complaints), volume: sum.volume };
  }
}
