import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MailMessage } from '../libs/ses-reputation/src/mailer/message.js';
import { MessageInvalidError } from '../libs/ses-reputation/src/mailer/errors.js';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

const LINE_BREAK = 'x\r\nBcc: victim@example.com';
const fifty = Array.from({ length: 50 }, (_, i) => `r${i}@example.com`);
const file = (more: object) => ({ attachments: [{ filename: 'a.txt', content: 'x', ...more }] });
const template = { name: 'welcome', data: {} };
const instead = (given: unknown, more: object = {}) => ({
  subject: undefined,
  text: undefined,
  template: given,
  ...more,
});

function open(): Readable {
  return new Readable({ read: () => undefined });
}

describe('what MailerService.send refuses before any call', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  beforeAll(async () => {
    simulator = await SesSimulator.start({ sendRate: 100_000, quota: -1 });
    database = await sqlite();
    parts = await startMailer(database.options, { client: simulator.clientConfig });
  });

  afterEach(() => {
    expect(simulator.sent).toHaveLength(0);
    expect(parts.events).toEqual([]);
  });

  afterAll(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  const refused: [string, Record<string, unknown>][] = [
    // recipients
    ['to', { to: undefined }],
    ['to', { to: [] }],
    ['to', { to: 'undisclosed-recipients:;' }],
    ['to, cc, bcc', { to: fifty, cc: 'one.more@example.com' }],
    ['to', { to: 'ann' }],
    ['to', { to: 'ann@' }],
    ['to', { to: 'ann@example.com@example.org' }],
    ['to', { to: 'ann smith@example.com' }],
    ['to', { to: 'ann@example.com bob@example.com' }],
    ['to', { to: '<ann@example.com> <bob@example.com>' }],
    ['to', { to: 'ann@exa mple.com' }],
    ['to', { to: 'änn@example.com' }],
    ['to', { to: { name: 'Ann', address: 'ann@example.com, bob@example.com' } }],
    ['to.address', { to: { name: 'Ann' } }],
    ['to[1]', { to: ['ann@example.com', undefined] }],
    ['to', { to: 42 }],
    ['cc', { cc: 'not an address' }],
    ['bcc', { bcc: 'not an address' }],
    ['replyTo', { replyTo: 'not an address' }],
    ['from', { from: 'a@example.com, b@example.com' }],
    ['sender', { sender: 'not an address' }],
    // line breaks
    ['to', { to: 'Ann\r\nBcc: victim@example.com <ann@example.com>' }],
    ['to', { to: 'ann@example.com\nBcc: victim@example.com' }],
    ['to.name', { to: { name: LINE_BREAK, address: 'ann@example.com' } }],
    ['to.address', { to: { address: 'ann@example.com\r\nBcc: victim@example.com' } }],
    ['cc[0].name', { cc: [{ name: 'x\ry', address: 'ann@example.com' }] }],
    ['from', { from: `Ann ${LINE_BREAK} <a@example.com>` }],
    ['replyTo', { replyTo: `Ann ${LINE_BREAK} <a@example.com>` }],
    ['subject', { subject: LINE_BREAK }],
    ['subject', { subject: 'x\0' }],
    ['inReplyTo', { inReplyTo: LINE_BREAK }],
    ['references', { references: LINE_BREAK }],
    ['references[1]', { references: ['<a@example.com>', LINE_BREAK] }],
    ['headers.X-Campaign', { headers: { 'X-Campaign': LINE_BREAK } }],
    ['headers.X-Campaign', { headers: { 'X-Campaign': ['fine', LINE_BREAK] } }],
    ['headers.X-Campaign', { headers: [{ key: 'X-Campaign', value: LINE_BREAK }] }],
    ['headers.X-Campaign', { headers: { 'X-Campaign': { prepared: true, value: LINE_BREAK } } }],
    ['headers name', { headers: { [`X-A: ${LINE_BREAK}`]: 'x' } }],
    ['attachments[0].filename', file({ filename: LINE_BREAK })],
    ['attachments[0].contentType', file({ contentType: `text/plain; ${LINE_BREAK}` })],
    ['attachments[0].cid', file({ cid: LINE_BREAK })],
    ['attachments[0].contentDisposition', file({ contentDisposition: `attachment; ${LINE_BREAK}` })],
    ['attachments[0].contentTransferEncoding', file({ contentTransferEncoding: LINE_BREAK })],
    ['attachments[0].headers.X-A', file({ headers: { 'X-A': LINE_BREAK } })],
    [
      'alternatives[0].contentType',
      { alternatives: [{ content: 'x', contentType: `text/x; ${LINE_BREAK}` }] },
    ],
    ['icalEvent.method', { icalEvent: { content: 'x', method: LINE_BREAK } }],
    ['icalEvent.filename', { icalEvent: { content: 'x', filename: LINE_BREAK } }],
    ['list.unsubscribe', { list: { unsubscribe: LINE_BREAK } }],
    ['list.help.comment', { list: { help: { url: 'https://example.com', comment: LINE_BREAK } } }],
    ['template.name', instead({ name: LINE_BREAK })],
    ['idempotencyKey', { idempotencyKey: LINE_BREAK }],
    // texts so long that to encode them takes long
    ['subject', { subject: 'é'.repeat(2_001) }],
    ['inReplyTo', { inReplyTo: 'x'.repeat(2_001) }],
    ['references[0]', { references: ['x'.repeat(10_001)] }],
    ['references', { references: Array.from({ length: 101 }, () => 'x'.repeat(99)) }],
    ['headers.X-Campaign', { headers: { 'X-Campaign': 'é'.repeat(10_001) } }],
    ['headers.X-Campaign', { headers: { 'X-Campaign': { prepared: true, value: 'x'.repeat(10_001) } } }],
    ['list.help.comment', { list: { help: { url: 'https://example.com', comment: 'é'.repeat(2_001) } } }],
    ['to.name', { to: { name: 'é'.repeat(321), address: 'ann@example.com' } }],
    ['cc', { cc: `"${'x'.repeat(321)}" <ann@example.com>` }],
    ['replyTo', { replyTo: `${'"'.repeat(2_000)}ann@example.com` }],
    ['replyTo', { replyTo: 'ann@example.com,'.repeat(3_126) }],
    ['attachments[0].filename', file({ filename: 'é'.repeat(256) })],
    ['attachments[0].cid', file({ cid: 'x'.repeat(256) })],
    ['attachments[0].contentType', file({ contentType: `text/plain; name=${'é'.repeat(256)}` })],
    ['attachments[0].contentType', { attachments: [{ path: `data:text/${'x'.repeat(256)},x` }] }],
    ['attachments[0].headers.X-A', file({ headers: { 'X-A': 'é'.repeat(10_001) } })],
    ['icalEvent.filename', { icalEvent: { content: 'x', filename: 'é'.repeat(256) } }],
    // names that every object has
    ['headers.__proto__', { headers: JSON.parse('{"__proto__":"x\\n"}') }],
    ['tags.__proto__', { tags: JSON.parse('{"__proto__":"a b"}') }],
    // what has no text
    ['stream', { stream: Object.create(null) }],
    ['attachments[0].encoding', file({ encoding: Object.create(null) })],
    ['attachments[0]', { attachments: [{ path: Object.create(null) }] }],
    // headers that have a field, or are SES's own
    ...['From', 'to', 'CC', 'Bcc', 'Subject', 'Reply-To', 'Sender', 'Date', 'Message-ID', 'Content-Type'].map(
      (name): [string, Record<string, unknown>] => [
        `headers.${name}`,
        { headers: { [name]: 'x@example.com' } },
      ],
    ),
    ['headers.MIME-Version', { headers: { 'MIME-Version': '2.0' } }],
    ['headers.Return-Path', { headers: { 'Return-Path': 'a@example.com' } }],
    ['headers.X-SES-Message-Tags', { headers: { 'X-SES-Message-Tags': 'a=b' } }],
    ['headers.x-ses-anything', { headers: { 'x-ses-anything': 'x' } }],
    ['headers.X A', { headers: { 'X A': 'x' } }],
    ['headers.', { headers: { '': 'x' } }],
    // content
    ['text', { text: undefined }],
    ['text', { text: 42 }],
    ['html', { html: { path: '/etc/passwd' } }],
    ['attachments[0]', { attachments: [{ path: '/etc/passwd' }] }],
    ['attachments[0]', { attachments: [{ path: 'https://169.254.169.254/' }] }],
    ['attachments[0]', { attachments: [{ href: 'https://169.254.169.254/' }] }],
    ['attachments[0].content', { attachments: [{ content: { path: '/etc/passwd' } }] }],
    ['attachments[0].content', { attachments: [{ filename: 'a.txt' }] }],
    ['attachments[0].raw', { attachments: [{ raw: 'Bcc: a@example.com' }] }],
    ['attachments[0].encoding', file({ encoding: 'rot13' })],
    ['attachments[0].contentType', file({ contentType: 'multipart/mixed' })],
    ['attachments[0].headers.Content-Type', file({ headers: { 'Content-Type': 'text/html' } })],
    ['attachments', { attachments: {} }],
    ['icalEvent.content', { icalEvent: { content: Readable.from(['x']) } }],
    ['priority', { priority: 'urgent' }],
    // choices
    ['message.sream', { sream: 'newsletter' }],
    ['message.messageId', { messageId: '<a@example.com>' }],
    ['message.envelope', { envelope: { to: 'victim@example.com' } }],
    ['message.raw', { raw: 'From: x' }],
    ['message.disableFileAccess', { disableFileAccess: false }],
    ['stream', { stream: 'newsletter' }],
    ['stream', { stream: '__proto__' }],
    ['configurationSet', { configurationSet: 'a b' }],
    ['onSuppressed', { onSuppressed: 'ignore' }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(257) }],
    // tags
    ['tags.ses-reputation', { tags: { 'ses-reputation': 'x' } }],
    ['tags.ses-reputation-app', { tags: { 'ses-reputation-app': 'x' } }],
    ['tags.ses:source-ip', { tags: { 'ses:source-ip': 'x' } }],
    ['tags.a b', { tags: { 'a b': 'x' } }],
    ['tags.campaign', { tags: { campaign: 'May sale' } }],
    ['tags.campaign', { tags: { campaign: '' } }],
    ['tags.campaign', { tags: { campaign: 'x'.repeat(257) } }],
    ['tags', { tags: ['campaign'] }],
    // templates
    ['subject', instead(template, { subject: 'x' })],
    ['text', instead(template, { text: 'x' })],
    ['sender', instead(template, { sender: 'a@example.com' })],
    ['template', instead('welcome')],
    ['template.name', instead({ data: {} })],
    ['template.data', instead({ name: 'a', data: { long: 'x'.repeat(262_144) } })],
    ['template.data', instead({ name: 'a', data: [] })],
    ['template.date', instead({ name: 'a', date: {} })],
    [
      'headers',
      instead(template, { headers: Object.fromEntries(fifty.slice(0, 16).map((_, i) => [`X-${i}`, 'x'])) }),
    ],
    ['headers.X-Long', instead(template, { headers: { 'X-Long': 'x'.repeat(996) } })],
    ['attachments[0].filename', instead(template, file({ filename: 'x'.repeat(256) }))],
    ['attachments[0].headers', instead(template, file({ headers: { 'X-A': 'x' } }))],
  ];

  it.each(refused)('%s', async (field, fields) => {
    const message = { to: 'ann@example.com', subject: 'Hi', text: 'Hello', ...fields } as MailMessage;
    const error = await parts.mailer.send(message).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MessageInvalidError);
    expect(error).toMatchObject({
      code: 'SES_MESSAGE_INVALID',
      field,
      message: expect.stringContaining(field),
    });
  });

  it('a sender that nobody has set', async () => {
    const other = await startMailer(database.options, { client: simulator.clientConfig, from: undefined });
    await expect(other.mailer.send({ to: 'ann@example.com', text: 'x' })).rejects.toMatchObject({
      field: 'from',
    });
    await other.close();
  });

  it('a message over SES’s size, be it a Buffer or a template’s attachment', async () => {
    const content = Buffer.alloc(31 * 1024 * 1024);
    const message = { to: 'ann@example.com', attachments: [{ filename: 'a.bin', content }] };
    await expect(parts.mailer.send({ ...message, text: 'x' })).rejects.toMatchObject({ field: 'message' });
    await expect(parts.mailer.send({ ...message, template })).rejects.toMatchObject({
      field: 'attachments[0].content',
    });
  });

  it('a stream without end, of which it reads no more than SES would take', async () => {
    let given = 0;
    const endless = () =>
      new Readable({
        read() {
          given += 65_536;
          this.push(Buffer.alloc(65_536));
        },
      });
    for (const more of [{ text: 'x' }, { template }]) {
      given = 0;
      const content = endless();
      const message = { to: 'ann@example.com', attachments: [{ filename: 'a.bin', content }], ...more };
      await expect(parts.mailer.send(message)).rejects.toMatchObject({
        code: 'SES_MESSAGE_INVALID',
        message: expect.stringContaining('larger than'),
      });
      expect(given).toBeLessThan(45 * 1024 * 1024);
      expect(content.destroyed).toBe(true);
    }
  });

  it('template data that JSON can’t hold', async () => {
    const message = { to: 'ann@example.com', template: { name: 'a', data: { n: 1n } } };
    await expect(parts.mailer.send(message)).rejects.toMatchObject({ field: 'template.data' });
  });

  it('a stream that fails while the suppression list is asked, without ending the process', async () => {
    const { manager } = parts.dataSource;
    Object.defineProperty(manager, 'query', { value: () => setTimeout(50, []), configurable: true });
    const content = new Readable({ read: () => undefined });
    const sending = parts.mailer.send({ to: 'ann@example.com', text: 'x', attachments: [{ content }] });
    content.destroy(new Error('the disk is gone'));
    await expect(sending).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID' });
    delete (manager as Partial<typeof manager>).query;
  });

  it('a message for nobody, and closes every stream of it', async () => {
    const [text, html, attached, alternative] = [open(), open(), open(), open()];
    const message = {
      to: 'nobody',
      text,
      html: { content: html },
      attachments: [{ content: attached }],
      alternatives: [{ contentType: 'text/plain', content: alternative }],
    };
    await expect(parts.mailer.send(message)).rejects.toMatchObject({ field: expect.stringContaining('to') });
    expect([text, html, attached, alternative].map(({ destroyed }) => destroyed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('a stream that fails, before it is read or while', async () => {
    const failing = new Readable({
      read() {
        this.destroy(new Error('the disk is gone'));
      },
    });
    const failed = new Readable({ read: () => undefined }).on('error', () => undefined);
    failed.destroy(new Error('the disk is gone'));
    await setImmediate();
    for (const content of [() => failing, () => failed, () => createReadStream('/no/such/file')]) {
      const message = {
        to: 'ann@example.com',
        text: 'x',
        attachments: [{ filename: 'a.bin', content: content() }],
      };
      await expect(parts.mailer.send(message)).rejects.toMatchObject({
        code: 'SES_MESSAGE_INVALID',
        cause: expect.anything(),
      });
    }
  });
});

describe('header injection', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  beforeAll(async () => {
    simulator = await SesSimulator.start({ sendRate: 1_000_000, quota: -1 });
    database = await sqlite();
    parts = await startMailer(database.options, { client: simulator.clientConfig });
  });

  afterAll(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '\r\n',
          '\n',
          '\r',
          '\0',
          '\u2028',
          '\u0085',
          '\v',
          '\f',
          ',',
          ';',
          ':',
          '"',
          '\\',
          '<',
          '>',
          '@',
          '(',
        ),
        fc.constantFrom('\r\nX-Evil: 1\r\n', '\nBcc: victim@evil.test\n', '\rX-Evil: 1\r'),
        fc.constantFrom(
          'Bcc: victim@evil.test',
          'X-Evil: 1',
          '=?utf-8?q?=0D=0AX-Evil:_1?=',
          'é',
          '\ud800',
          ' ',
        ),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 5 },
    )
    .map((pieces) => pieces.join(''));

  it('no text in any field puts a header or a recipient of its own into the message', async () => {
    let accepted = 0;
    const send = async (message: MailMessage) => {
      const before = simulator.sent.length;
      try {
        await parts.mailer.send(message);
      } catch (error) {
        expect(error).toMatchObject({ code: 'SES_MESSAGE_INVALID' });
        expect(simulator.sent).toHaveLength(before);
        return;
      }
      accepted++;
      const mail = simulator.sent.at(-1)!;
      const names = mail.headers.map(({ name }) => name.toLowerCase());
      expect(names).not.toContain('x-evil');
      expect(names).not.toContain('bcc');
      expect(new Set(names).size).toBe(names.length);
      expect(Object.values(mail.destination).flat()).toEqual([
        expect.stringMatching(/^(?:("[^"\\,@<>]*"|[^"\\,@<>:;()]*) <ann@example\.com>|ann@example\.com)$/),
      ]);
      // Nor in the headers of a part: every line of the message that could be one is not the attacker's.
      if (mail.raw) expect(mail.raw.toString('latin1')).not.toMatch(/[\r\n](x-evil|bcc):/i);
      else expect(JSON.stringify(mail.headers)).not.toMatch(/\\[rn]/);
    };
    await fc.assert(
      fc.asyncProperty(hostile, hostile, fc.integer({ min: 0, max: 11 }), async (one, other, where) => {
        const base: MailMessage = { to: 'ann@example.com', subject: 'Hello', html: 'x' };
        const places: MailMessage[] = [
          { subject: one },
          { to: { name: one, address: 'ann@example.com' } },
          {
            from: { name: one, address: 'no-reply@example.com' },
            replyTo: { name: other, address: 'a@example.com' },
          },
          { headers: { 'X-Campaign': one } },
          { headers: [{ key: one, value: other }] },
          { headers: { 'X-Campaign': { value: one, prepared: true } } },
          { attachments: [{ filename: one, content: 'x', cid: other }] },
          { attachments: [{ content: 'x', contentType: `text/plain; name=${one}` }] },
          { attachments: [{ content: 'x', headers: { 'X-Part': one } }] },
          { inReplyTo: one, references: [other] },
          { list: { unsubscribe: { url: one, comment: other } } },
          { icalEvent: { content: 'x', filename: one } },
        ];
        await send({ ...base, ...places[where] });
      }),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
