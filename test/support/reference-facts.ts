/**
 * Reads the log of what happened, by what docs/reputation.md says counts: plain loops, and nothing of the
 * package. A second implementation, to hold the first against.
 */

/** What an SES event says, as far as rates go. */
export interface SesBody {
  eventType: string;
  mail: {
    messageId: string;
    timestamp?: string;
    destination: string[];
    tags?: Record<string, string[]>;
  };
  bounce?: {
    bounceType: string;
    bounceSubType: string;
    bouncedRecipients: { emailAddress: string; status?: string; diagnosticCode?: string }[];
    timestamp: string;
    feedbackId?: string;
  };
  complaint?: {
    complainedRecipients: { emailAddress: string }[];
    timestamp: string;
    feedbackId?: string;
    complaintSubType: string | null;
    complaintFeedbackType?: string;
  };
  delivery?: { recipients: string[]; timestamp: string };
}

/** One thing that counts. */
export interface ReferenceFact {
  /** When its mail was sent; milliseconds since the epoch. */
  sentAt: number;
  stream: string | null;
  domain: string | null;
  configurationSet: string | null;
  counter: 'sent' | 'excluded' | 'hard' | 'complaint' | 'rest';
  unaccounted: boolean;
}

export interface ReferenceRules {
  app: string;
  verifiedDomains: string[];
}

const SIMULATOR = 'simulator.amazonses.com';

/** Remembers what was said before: everything counts once. */
export class ReferenceReader {
  private readonly told = new Set<string>();
  private readonly counted = new Set<string>();

  constructor(private readonly rules: ReferenceRules) {}

  /** What is new in an event that comes in at this time. */
  read(body: SesBody, receivedAt: number): ReferenceFact[] {
    const found: { told: string; once: string; fact: ReferenceFact | null }[] = [];
    const { messageId } = body.mail;
    const note = (
      told: string,
      once: string,
      address: string,
      counter: ReferenceFact['counter'] | null,
      unaccounted = false,
    ) =>
      found.push({
        told,
        once,
        fact: counter && factOf(body, receivedAt, address, counter, unaccounted),
      });
    if (body.eventType === 'Send') {
      const tags = body.mail.tags ?? {};
      const stream = tags['ses-reputation']?.[0];
      const app = tags['ses-reputation-app']?.[0];
      const own = app === this.rules.app && stream !== undefined;
      for (const address of body.mail.destination) {
        if (own || domainOf(address) === SIMULATOR) continue;
        const id = `send ${messageId} ${address} ${body.mail.timestamp}`;
        note(id, id, address, 'sent', stream === undefined && app === undefined);
      }
    }
    if (body.bounce) {
      const { bounce } = body;
      for (const { emailAddress: address, ...said } of bounce.bouncedRecipients) {
        const counter = this.counterOfBounce(bounce.bounceType, bounce.bounceSubType, address, said);
        const what = counter === 'rest' ? 'soft' : counter;
        const told = bounce.feedbackId ?? `bounce ${messageId} ${bounce.timestamp}`;
        note(`bounce ${told} ${address}`, `${what} ${messageId} ${address}`, address, counter);
      }
    }
    if (body.complaint) {
      const { complaint } = body;
      const candidates = complaint.complainedRecipients.map(({ emailAddress }) => emailAddress);
      const named = candidates.find((address) => domainOf(address) !== SIMULATOR);
      for (const address of candidates) {
        const told = `complaint ${complaint.feedbackId ?? `${messageId} ${complaint.timestamp}`}`;
        let counter: ReferenceFact['counter'] | null = 'complaint';
        if (domainOf(address) === SIMULATOR) counter = null;
        else if (complaint.complaintSubType === 'OnAccountSuppressionList') counter = 'excluded';
        else if (complaint.complaintFeedbackType === 'not-spam') counter = null;
        const once = counter === 'excluded' ? `excluded ${messageId} ${address}` : told;
        note(`${told} ${address}`, once, counter === 'complaint' ? named! : address, counter);
      }
    }
    if (body.delivery) {
      for (const address of body.delivery.recipients) {
        const id = `delivery ${messageId} ${address}`;
        note(id, id, address, domainOf(address) === SIMULATOR ? null : 'rest');
      }
    }
    const fresh = found.filter(({ told }) => !this.told.has(told));
    const facts: ReferenceFact[] = [];
    for (const { told, once, fact } of fresh) {
      this.told.add(told);
      if (!fact || this.counted.has(once)) continue;
      this.counted.add(once);
      facts.push(fact);
    }
    return facts;
  }

  private counterOfBounce(
    type: string,
    subType: string,
    address: string,
    said: { status?: string; diagnosticCode?: string },
  ): ReferenceFact['counter'] | null {
    if (domainOf(address) === SIMULATOR) return null;
    if (type === 'Permanent') {
      if (subType === 'OnAccountSuppressionList') return 'excluded';
      if (subType === 'MailboxFull' || subType === 'Undetermined') return 'rest';
      const domain = domainOf(address);
      const verified = this.rules.verifiedDomains.some((own) => domain === own || domain.endsWith(`.${own}`));
      return verified ? null : 'hard';
    }
    if (['MessageTooLarge', 'ContentRejected', 'AttachmentRejected'].includes(subType)) return null;
    const outOfOffice = subType === 'General' && !said.status && !said.diagnosticCode;
    return outOfOffice ? null : 'rest';
  }
}

/** What this application's mailer has got SES to take: counted at SES's answer, to the minute. */
export function factsOfSend(
  to: string[],
  stream: string,
  configurationSet: string | null,
  answeredAt: number,
): ReferenceFact[] {
  const sentAt = answeredAt - (answeredAt % 60_000);
  return to
    .filter((address) => domainOf(address) !== SIMULATOR)
    .map((address) => ({
      sentAt,
      stream,
      domain: domainOf(address),
      configurationSet,
      counter: 'sent' as const,
      unaccounted: false,
    }));
}

function factOf(
  { mail }: SesBody,
  receivedAt: number,
  address: string,
  counter: ReferenceFact['counter'],
  unaccounted: boolean,
): ReferenceFact {
  const sentAt = mail.timestamp === undefined ? receivedAt : Date.parse(mail.timestamp);
  const stream = mail.tags?.['ses-reputation']?.[0] ?? null;
  return {
    sentAt: Math.min(sentAt, receivedAt),
    stream,
    domain: stream === null ? null : domainOf(address),
    configurationSet: stream === null ? null : (mail.tags?.['ses:configuration-set']?.[0] ?? null),
    counter,
    unaccounted,
  };
}

function domainOf(address: string): string {
  return address.slice(address.indexOf('@') + 1).toLowerCase();
}
