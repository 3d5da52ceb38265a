import type { BulkEmailEntry, MessageHeader, SendBulkEmailCommandInput } from '@aws-sdk/client-sesv2';
import type { CheckedMessage } from '../check-message.js';
import { formatMailbox, type Mailbox } from '../read-mailboxes.js';
import type { Recipients } from '../read-recipients.js';
import { templateHeaders, type TemplateChoice } from '../template-content.js';

/** A message that may share a bulk call with others of the same key. */
export interface BulkMessage {
  /** Everything that one bulk call says once for all its entries. */
  key: string;
  template: TemplateChoice;
  headers: MessageHeader[];
}

/**
 * How the message goes into a bulk call, or `null` if it can't: an entry has no attachments of its own.
 *
 * @throws MessageInvalidError for a header that SES takes with no template
 */
export function asBulkMessage(message: CheckedMessage): BulkMessage | null {
  const { content, attachments, idempotencyKey } = message;
  if (!('name' in content) || attachments.length > 0 || idempotencyKey !== null) return null;
  return {
    key: JSON.stringify([
      message.stream.name,
      content.name,
      message.configurationSet,
      ...[message.from, ...message.replyTo].map(({ name, delivered }) => [name, delivered]),
    ]),
    template: content,
    headers: templateHeaders(message.headers),
  };
}

/** What the messages of one key share. */
export function bulkRequest(message: CheckedMessage): Omit<SendBulkEmailCommandInput, 'BulkEmailEntries'> {
  const { content, configurationSet } = message;
  return {
    FromEmailAddress: formatMailbox(message.from),
    ReplyToAddresses: message.replyTo.map(formatMailbox),
    // Data that holds nothing: every entry brings all of its own.
    DefaultContent: { Template: { TemplateName: (content as TemplateChoice).name, TemplateData: '{}' } },
    ...(configurationSet === null ? {} : { ConfigurationSetName: configurationSet }),
  };
}

/** All tags stand in the entry: whether SES adds them to the call's default tags or replaces those is not documented. */
export function bulkEntry(
  message: CheckedMessage,
  { template, headers }: BulkMessage,
  to: Recipients,
): BulkEmailEntry {
  return {
    Destination: {
      ToAddresses: to.to.map(delivered),
      ...(to.cc.length > 0 ? { CcAddresses: to.cc.map(delivered) } : {}),
      ...(to.bcc.length > 0 ? { BccAddresses: to.bcc.map(delivered) } : {}),
    },
    ReplacementTags: message.tags,
    ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: template.data } },
    ...(headers.length > 0 ? { ReplacementHeaders: headers } : {}),
  };
}

function delivered(mailbox: Mailbox): string {
  return mailbox.delivered;
}
