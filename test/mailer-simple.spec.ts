import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SesSimulator, type SentMail } from '../libs/ses-reputation/src/testing/index.js';
import type { MailMessage } from '../libs/ses-reputation/src/mailer/message.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

/** An amp part makes it a message that is composed here; readers that know no AMP show the rest. */
const COMPOSED: Partial<MailMessage> = { amp: '<html amp4email></html>' };

/** Mostly what people write, so that not every message has something odd in it. */
function mostly<T>(usual: T[], ...odd: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 12 * odd.length, arbitrary: fc.constantFrom(...usual) },
    ...odd.map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}

const oneLine = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n\0]/g, ''));
const name = mostly(
  ['', 'Ann', 'Ann Lee', 'Dr. Ann', "O'Neil", 'Jörg Müller', '山田 太郎'],
  fc.constantFrom('O, Ann', 'a"b\\c', '=?x', ' x '),
  oneLine,
);
const mailbox = fc.record({
  name,
  address: mostly(
    ['ann@example.com', 'bob+x@bücher.example', 'cy@example.com'],
    fc.constantFrom('"c,d"@example.com', "o'neil@example.com"),
  ),
});
const words = mostly(
  ['Hello', 'Grüße aus Köln', 'a  b', 'x'.repeat(1_200), '山田'],
  fc.constantFrom('  x ', 'a\tb', '=?utf-8?q?x?=', ''),
  oneLine,
);
const body = fc.oneof(
  { weight: 9, arbitrary: words },
  { weight: 9, arbitrary: fc.array(words, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n')) },
  {
    weight: 9,
    arbitrary: fc.array(words, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\r\n')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const headers = fc.dictionary(
  mostly(['X-Campaign', 'x-other', 'List-Unsubscribe'], fc.constantFrom('Organization', 'Precedence')),
  mostly(['may', 'a b', '<https://example.com/out?id=1>'], words),
  { maxKeys: 2 },
);
const message: fc.Arbitrary<MailMessage> = fc.record(
  {
    to: fc.uniqueArray(mailbox, { minLength: 1, maxLength: 3, selector: ({ address }) => address }),
    cc: fc.constantFrom('carol@example.com', 'Dave <dave@example.com>'),
    bcc: fc.constant('eve@example.com'),
    from: mailbox,
    replyTo: fc.array(mailbox, { maxLength: 2 }),
    subject: words,
    text: body,
    html: body,
    headers,
  },
  { requiredKeys: ['to', 'subject', 'text'] },
);

function header(mail: SentMail, wanted: string): string | undefined {
  const found = mail.headers.filter((one) => one.name.toLowerCase() === wanted.toLowerCase());
  expect(found.length).toBeLessThan(2);
  return found[0] && decoded(found[0].value);
}

/** What a reader's program makes of a header: folding and encoded words undone. */
function decoded(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/(?:=\?utf-8\?[qb]\?[^?]*\?=)+/gi, (run) => {
      const bytes = [...run.matchAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi)].map(([, kind, text]) =>
        kind!.toLowerCase() === 'b' ? Buffer.from(text!, 'base64') : fromQ(text!),
      );
      return Buffer.concat(bytes).toString();
    })
    .replace(/\r\n(?=\s)/g, '');
}

function fromQ(text: string): Buffer {
  const plain = text.replace(/_/g, ' ').replace(/=([0-9a-f]{2})/gi, (_, hex: string) => `%${hex}`);
  return Buffer.from(
    plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function lines(text: string | undefined): string | undefined {
  return text?.replace(/\r\n/g, '\n').replace(/\n$/, '');
}

/** What whoever gets it can tell. */
function asRead(mail: SentMail) {
  const names = [
    'From',
    'To',
    'Cc',
    'Reply-To',
    'X-Campaign',
    'X-Other',
    'List-Unsubscribe',
    'Bcc',
    'Sender',
  ];
  return {
    subject: mail.subject,
    text: lines(mail.text),
    html: lines(mail.html),
    headers: Object.fromEntries(names.map((one) => [one, header(mail, one)])),
    tags: mail.tags,
    recipients: Object.values(mail.destination)
      .flat()
      .map((one) => /<(.*)>$/.exec(one)?.[1] ?? one),
  };
}

describe('a mail that SES composes', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  beforeAll(async () => {
    simulator = await SesSimulator.start({ sendRate: 10_000, quota: 100_000 });
    database = await sqlite();
    parts = await startMailer(database.options, { client: simulator.clientConfig });
  });

  afterAll(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  async function sent(given: MailMessage): Promise<SentMail> {
    const before = simulator.sent.length;
    await parts.mailer.send(given);
    expect(simulator.sent).toHaveLength(before + 1);
    return simulator.sent.at(-1)!;
  }

  it('reads as the one that is composed here, whatever is in it', async () => {
    let simple = 0;
    await fc.assert(
      fc.asyncProperty(message, async (given) => {
        const mail = await sent(given);
        if (mail.raw) return;
        simple++;
        const composed = await sent({ ...given, ...COMPOSED });
        expect(composed.raw).toBeDefined();
        expect(asRead(mail)).toEqual(asRead(composed));
      }),
      { numRuns: 120 },
    );
    expect(simple).toBeGreaterThan(50);
  });

  const PLAIN = { to: 'Ann <ann@example.com>', subject: 'Hello', text: 'Hello\n', html: '<p>Hello</p>' };

  it.each<[string, Partial<MailMessage>]>([
    ['text and HTML', {}],
    ['text alone', { html: undefined }],
    ['HTML alone', { text: undefined }],
    ['a long line', { html: '<p>x</p>'.repeat(1_000) }],
    ['other letters', { subject: 'Grüße', text: 'Grüße', to: 'Jörg <joerg@bücher.example>' }],
    ['a way out of the list', { headers: { 'List-Unsubscribe': '<https://example.com/out>' } }],
    ['a name with dots', { to: { name: 'Dr. Ann', address: 'ann@example.com' } }],
  ])('is one with %s', async (_, change) => {
    expect((await sent({ ...PLAIN, ...change })).raw).toBeUndefined();
  });

  it.each<[string, Partial<MailMessage>]>([
    ['nobody in To', { to: undefined, bcc: 'ann@example.com' }],
    ['no subject', { subject: undefined }],
    ['an empty subject', { subject: '' }],
    ['a subject that looks encoded', { subject: '=?utf-8?q?x?=' }],
    ['an empty text', { text: '' }],
    ['text as bytes', { text: Buffer.from('Hello') }],
    ['a control character', { text: 'a\x07b' }],
    ['a bare carriage return', { text: 'a\rb' }],
    ['a sender', { sender: 'bob@example.com' }],
    ['an attachment', { attachments: [{ filename: 'a.txt', content: 'x' }] }],
    ['an answer’s headers', { inReplyTo: '<1@example.com>', references: ['<1@example.com>'] }],
    ['a priority', { priority: 'high' }],
    ['a list', { list: { unsubscribe: 'https://example.com/out' } }],
    ['a header that SES may have an opinion on', { headers: { Precedence: 'bulk' } }],
    ['a header twice', { headers: { 'X-Many': ['1', '2'] } }],
    ['a header with other letters', { headers: { 'X-Name': 'Jörg' } }],
    ['a prepared header', { headers: { 'X-Name': { value: 'x', prepared: true } } }],
    ['a header too long for SES', { headers: { 'X-Name': 'x'.repeat(1_000) } }],
    [
      'more headers than SES takes',
      { headers: Object.fromEntries(Array.from({ length: 16 }, (__, i) => [`X-${i}`, 'x'])) },
    ],
    ['a name that needs care', { to: { name: 'Ann <bob@example.com>, x', address: 'ann@example.com' } }],
    ['a name that looks encoded', { to: { name: '=?utf-8?q?x?= y', address: 'ann@example.com' } }],
    ['a quoted address', { to: '"c,d"@example.com' }],
    ['a text near SES’s limits', { text: 'x'.repeat(1_100_000) }],
  ])('is none with %s', async (_, change) => {
    expect((await sent({ ...PLAIN, ...change })).raw).toBeDefined();
  });
});
