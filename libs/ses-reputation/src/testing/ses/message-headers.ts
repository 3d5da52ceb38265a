import type { MailHeader } from './mime-headers.js';
import type { Outgoing } from './outgoing.js';

/** The header fields that SES writes for simple and templated mail, as events list them. */
export function composedHeaders(
  mail: Outgoing,
  { id, at, region }: { id: string; at: Date; region: string },
  subject: string | undefined,
): MailHeader[] {
  const { to, cc } = mail.destination;
  const written: [name: string, value: string | undefined][] = [
    ['From', mail.from],
    ['Reply-To', joined(mail.replyTo)],
    ['To', joined(to)],
    ['Cc', joined(cc)],
    ['Subject', subject],
    ['Date', at.toUTCString().replace('GMT', '+0000')],
    ['Message-ID', messageIdHeader(id, region)],
    ['MIME-Version', '1.0'],
  ];
  const own = new Set(mail.headers.map(({ name }) => name.toLowerCase()));
  const kept = written.flatMap(([name, value]) =>
    value === undefined || own.has(name.toLowerCase()) ? [] : [{ name, value }],
  );
  return [...kept, ...mail.headers];
}

/** Those of a raw message, with the two that SES replaces. */
export function replacedHeaders(
  headers: MailHeader[],
  { id, at, region }: { id: string; at: Date; region: string },
): MailHeader[] {
  const kept = headers.filter(({ name }) => !['date', 'message-id'].includes(name.toLowerCase()));
  return [
    ...kept,
    { name: 'Date', value: at.toUTCString().replace('GMT', '+0000') },
    { name: 'Message-ID', value: messageIdHeader(id, region) },
  ];
}

function joined(addresses: string[]): string | undefined {
  return addresses.length === 0 ? undefined : addresses.join(', ');
}

function messageIdHeader(id: string, region: string): string {
  return `<${id}@${region === 'us-east-1' ? 'email' : region}.amazonses.com>`;
}
