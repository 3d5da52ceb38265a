import type { MailAttachment, ReadableBody } from './mime-body.js';
import type { MailHeader } from './mime-headers.js';
import type { TemplateContent } from './templates.js';

/** A mail that passed every check of its form, on its way to being accepted. */
export interface Outgoing {
  operation: 'SendEmail' | 'SendRawEmail' | 'SendTemplatedEmail' | 'SendBulkTemplatedEmail';
  from: string;
  /** Every address that has to be verified: the API's From and that of a raw mail's header. */
  senders: string[];
  destination: { to: string[]; cc: string[]; bcc: string[] };
  /** Bare addresses of to, cc and bcc. */
  recipients: string[];
  replyTo: string[];
  configurationSet: string | undefined;
  tags: Record<string, string>;
  headers: MailHeader[];
  content:
    | ({ kind: 'message'; subject: string | undefined; raw: Buffer | undefined } & ReadableBody)
    | {
        kind: 'template';
        template: TemplateReference;
        data: Record<string, unknown>;
        attachments: MailAttachment[];
      };
}

export type TemplateReference = { name: string } | { content: TemplateContent };
