import type { MailAttachment } from './mime-body.js';
import type { MailHeader } from './mime-headers.js';

/** A mail the simulator accepted, as a test would want to look at it. */
export interface SentMail {
  /** SES's message id: what `SendEmail` answered. */
  id: string;
  at: Date;
  /** As given: `Ann <ann@example.com>`. */
  from: string;
  /** As given, per field. Raw mail without a `Destination` takes them from its headers. */
  destination: { to: string[]; cc: string[]; bcc: string[] };
  subject: string | undefined;
  text: string | undefined;
  html: string | undefined;
  attachments: MailAttachment[];
  /** The MIME message, for mail sent as `Content.Raw`, without the headers that SES takes out. */
  raw: Buffer | undefined;
  /** Header fields in order, words still encoded. */
  headers: MailHeader[];
  /** The tags given with the mail; SES's own `ses:…` tags are added in events only. */
  tags: Record<string, string>;
  configurationSet: string | undefined;
  template: { name: string | undefined; data: Record<string, unknown> } | undefined;
}

/** What the simulator knows of an accepted mail beyond what it shows. */
export interface AcceptedMail extends SentMail {
  /** Bare addresses of all recipients. */
  recipients: string[];
  /** `ses:operation` of its events. */
  operation: string;
  sourceIp: string;
  /** Bare From address. */
  sender: string;
  /** The verified identity it was sent from, or the bare From address. */
  identity: string;
}
