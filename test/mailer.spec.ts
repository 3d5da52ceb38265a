import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SesSimulator, type SentMail } from '../libs/ses-reputation/src/testing/index.js';
import { ReputationBucket } from '../libs/ses-reputation/src/reputation/reputation-bucket.entity.js';
import type { SesReputationOptions } from '../libs/ses-reputation/src/options/ses-reputation-options.js';
import { databaseKinds, sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

function header(mail: SentMail, name: string): string | undefined {
  return mail.headers.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
}

describe('MailerService.send', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;

  async function start(options: Partial<SesReputationOptions> = {}, given?: TestDatabase): Promise<void> {
    database = given ?? (await sqlite());
    parts = await startMailer(database.options, { client: simulator.clientConfig, ...options });
  }

  beforeEach(async () => {
    simulator = await SesSimulator.start();
  });

  afterEach(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
  });

  function onlyMail(): SentMail {
    expect(simulator.sent).toHaveLength(1);
    return simulator.sent[0]!;
  }

  it('sends to everyone once, and says what SES answered', async () => {
    await start({ app: 'shop', configurationSet: 'main' });
    const receipt = await parts.mailer.send({
      to: ['Ann <ann@example.com>', { name: 'Bob', address: 'bob@Bücher.example' }],
      cc: 'team: ANN@example.com, carol@example.com;',
      bcc: 'dave@example.com',
      replyTo: 'help@example.com',
      subject: 'Grüße',
      text: 'Hello',
      html: '<p>Hello</p>',
      headers: { 'X-Campaign': 'may', 'X-Many': ['1', '2'] },
      tags: { campaign: 'may' },
    });

    const mail = onlyMail();
    expect(receipt).toEqual({
      status: 'sent',
      messageId: mail.id,
      accepted: ['ann@example.com', 'bob@Bücher.example', 'carol@example.com', 'dave@example.com'],
      suppressed: [],
    });
    expect(mail).toMatchObject({
      from: 'Example <no-reply@example.com>',
      destination: {
        to: ['ann@example.com', 'bob@xn--bcher-kva.example'],
        cc: ['carol@example.com'],
        bcc: ['dave@example.com'],
      },
      subject: 'Grüße',
      configurationSet: 'main',
      tags: { campaign: 'may', 'ses-reputation': 'transactional', 'ses-reputation-app': 'shop' },
    });
    expect(mail.text?.trim()).toBe('Hello');
    expect(mail.html?.trim()).toBe('<p>Hello</p>');
    expect(header(mail, 'To')).toBe('Ann <ann@example.com>, Bob <bob@xn--bcher-kva.example>');
    expect(header(mail, 'Cc')).toBe('carol@example.com');
    expect(header(mail, 'Reply-To')).toBe('help@example.com');
    expect(header(mail, 'X-Campaign')).toBe('may');
    expect(mail.headers.filter(({ name }) => name === 'X-Many')).toHaveLength(2);
    expect(mail.raw!.toString()).not.toContain('dave@example.com');
    expect(mail.raw!.toString()).not.toMatch(/[^\r]\n/);
  });

  it('sends attachments from a Buffer, an encoded text, a data: URI and a stream, and images inside the html', async () => {
    await start();
    await parts.mailer.send({
      to: 'ann@example.com',
      html: '<img src="cid:logo">',
      attachments: [
        { filename: 'a.txt', content: Buffer.from('from a buffer') },
        { filename: 'b.txt', content: Buffer.from('from base64').toString('base64'), encoding: 'base64' },
        { filename: 'c.txt', path: `data:text/plain;base64,${Buffer.from('from a URI').toString('base64')}` },
        { filename: 'd.json', content: createReadStream(new URL('../package.json', import.meta.url)) },
        { filename: 'e.txt', content: Readable.from(['from ', 'chunks']) },
        { filename: 'logo.png', content: Buffer.from('png'), cid: 'logo' },
        { filename: 'ünïcode "x".txt', content: new Uint8Array([104, 105]) },
      ],
    });
    const found = new Map(
      onlyMail().attachments.map(({ filename, content }) => [filename, content.toString()]),
    );
    expect(found.get('a.txt')).toBe('from a buffer');
    expect(found.get('b.txt')).toBe('from base64');
    expect(found.get('c.txt')).toBe('from a URI');
    expect(found.get('d.json')).toContain('"name": "nestjs-ses-reputation"');
    expect(found.get('e.txt')).toBe('from chunks');
    expect(found.get('logo.png')).toBe('png');
    expect([...found.values()]).toContain('hi');
    expect(onlyMail().raw!.toString()).toMatch(/Content-ID: <logo>/i);
  });

  it('composes lists, priority, threads, invitations and alternatives as nodemailer does', async () => {
    await start();
    await parts.mailer.send({
      to: 'ann@example.com',
      sender: 'robot@example.com',
      text: createReadStream(new URL('../package.json', import.meta.url)),
      icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' },
      alternatives: [{ contentType: 'text/x-web-markdown', content: '**Hello**' }],
      list: {
        unsubscribe: [['https://example.com/out', 'out@example.com']],
        id: { url: 'news.example.com', comment: 'News' },
      },
      priority: 'high',
      inReplyTo: '<one@example.com>',
      references: ['<zero@example.com>', '<one@example.com>'],
    });
    const mail = onlyMail();
    expect(header(mail, 'List-Unsubscribe')).toBe('<https://example.com/out>, <mailto:out@example.com>');
    expect(header(mail, 'List-ID')).toBe('"News" <news.example.com>');
    expect(header(mail, 'X-Priority')).toBe('1 (Highest)');
    expect(header(mail, 'In-Reply-To')).toBe('<one@example.com>');
    expect(header(mail, 'References')).toBe('<zero@example.com> <one@example.com>');
    expect(header(mail, 'Sender')).toBe('robot@example.com');
    expect(mail.raw!.toString()).toMatch(/text\/calendar; charset=utf-8; method=REQUEST/);
    expect(mail.raw!.toString()).toContain('text/x-web-markdown');
    expect(mail.text).toContain('"name": "nestjs-ses-reputation"');
  });

  it('takes headers as long as any thread needs, and names that every object has', async () => {
    await start();
    const references = Array.from({ length: 100 }, (_, i) => `<${'x'.repeat(80)}.${i}@example.com>`);
    await parts.mailer.send({
      to: { name: 'é'.repeat(320), address: 'ann@example.com' },
      subject: 'é'.repeat(2_000),
      text: 'x',
      references,
      headers: { constructor: 'x', 'X-Long': 'x '.repeat(5_000) },
      attachments: [{ filename: 'é'.repeat(255), content: 'x', cid: 'x'.repeat(255) }],
    });
    expect(header(onlyMail(), 'constructor')).toBe('x');
    expect(header(onlyMail(), 'References')).toBe(references.join(' '));
  });

  it('takes sender, stream and configuration set from the message, then the stream, then the module', async () => {
    await start({
      configurationSet: 'main',
      defaultStream: 'news',
      streams: { news: { from: 'News <news@example.com>' }, other: {} },
    });
    const message = { to: 'ann@example.com', text: 'x' };
    await parts.mailer.send(message);
    await parts.mailer.send({ ...message, stream: 'other' });
    await parts.mailer.send({ ...message, from: { name: 'Ünì', address: 'me@example.com' } });
    expect(simulator.sent.map(({ from, tags }) => [from, tags['ses-reputation']])).toEqual([
      ['News <news@example.com>', 'news'],
      ['Example <no-reply@example.com>', 'other'],
      [expect.stringMatching(/^=\?UTF-8\?.*\?= <me@example\.com>$/), 'news'],
    ]);
    expect(simulator.sent.map(({ configurationSet }) => configurationSet)).toEqual(['main', 'main', 'main']);
  });

  it('sends an SES template with headers, reply address and attachments', async () => {
    await start();
    const { SESv2Client, CreateEmailTemplateCommand } = await import('@aws-sdk/client-sesv2');
    const client = new SESv2Client(simulator.clientConfig);
    await client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'welcome',
        TemplateContent: { Subject: 'Hi {{name}}', Text: 'Dear {{name}}' },
      }),
    );
    client.destroy();
    await parts.mailer.send({
      to: 'ann@example.com',
      replyTo: 'help@example.com',
      template: { name: 'welcome', data: { name: 'Ann' } },
      headers: { 'X-Campaign': 'Mai für alle' },
      attachments: [{ filename: 'a.txt', content: Readable.from(['hel', 'lo']) }],
    });
    const mail = onlyMail();
    expect(mail.template).toEqual({ name: 'welcome', data: { name: 'Ann' } });
    expect(mail.attachments).toMatchObject([{ filename: 'a.txt', contentType: 'text/plain' }]);
    expect(mail.attachments[0]!.content.toString()).toBe('hello');
    expect(header(mail, 'X-Campaign')).toMatch(/^=\?UTF-8\?/);
  });

  it('leaves suppressed recipients out of the call and of the headers, whatever their spelling', async () => {
    await start();
    await parts.suppress('ann@example.com', { reason: 'complaint' });
    const receipt = await parts.mailer.send({
      to: '"Ann"@EXAMPLE.com., bob@example.com',
      bcc: 'carol@example.com',
      text: 'x',
    });
    expect(receipt).toEqual({
      status: 'partial',
      messageId: onlyMail().id,
      accepted: ['bob@example.com', 'carol@example.com'],
      suppressed: [{ address: 'Ann@EXAMPLE.com.', reason: 'complaint', since: new Date(1_000) }],
    });
    expect(onlyMail().destination).toEqual({ to: ['bob@example.com'], cc: [], bcc: ['carol@example.com'] });
    expect(onlyMail().raw!.toString()).not.toMatch(/ann/i);
    expect(parts.events.map(({ name }) => name)).toEqual(['ses.send.sent', 'ses.send.suppressed']);
    expect(parts.events[0]!.payload.address).toBeNull();
    expect(parts.events[1]!.payload).toMatchObject({
      messageId: receipt.messageId,
      address: 'Ann@EXAMPLE.com.',
      suppressed: receipt.suppressed,
    });
  });

  it('does not call SES when nobody is left', async () => {
    await start();
    await parts.suppress('ann@example.com');
    const content = Readable.from(['never read']);
    const receipt = await parts.mailer.send({ to: 'ann@example.com', text: 'x', attachments: [{ content }] });
    expect(receipt).toMatchObject({ status: 'suppressed', messageId: null, accepted: [] });
    expect(simulator.sent).toHaveLength(0);
    expect(parts.events.map(({ name }) => name)).toEqual(['ses.send.suppressed']);
    expect(content.destroyed).toBe(true);
  });

  it('heeds the suppressions of its own stream only', async () => {
    await start({ streams: { news: {}, receipts: {} } });
    await parts.suppress('ann@example.com', { scope: 'news', reason: 'unsubscribe' });
    const message = { to: 'ann@example.com', text: 'x' };
    expect((await parts.mailer.send({ ...message, stream: 'news' })).status).toBe('suppressed');
    expect((await parts.mailer.send({ ...message, stream: 'receipts' })).status).toBe('sent');
  });

  it('sends nothing to anybody with onSuppressed: throw, set by message, stream or module', async () => {
    await start({ onSuppressed: 'throw', streams: { a: {}, b: { onSuppressed: 'skip' } } });
    await parts.suppress('ann@example.com');
    const message = { to: 'ann@example.com, bob@example.com', text: 'x' };
    await expect(parts.mailer.send(message)).rejects.toMatchObject({
      code: 'SES_RECIPIENTS_SUPPRESSED',
      suppressed: [{ address: 'ann@example.com', reason: 'hard-bounce' }],
    });
    await expect(parts.mailer.send({ ...message, stream: 'b', onSuppressed: 'throw' })).rejects.toThrow(
      /must not be mailed/,
    );
    expect(simulator.sent).toHaveLength(0);
    expect((await parts.mailer.send({ ...message, stream: 'b' })).status).toBe('partial');
  });

  it('keeps critical mail going without the list, and says so; other mail stops', async () => {
    await start({ streams: { alerts: { priority: 'critical' }, news: { priority: 'bulk' } } });
    await parts.dataSource.destroy();
    const message = { to: 'ann@example.com', text: 'x' };
    await expect(parts.mailer.send({ ...message, stream: 'news' })).rejects.toMatchObject({
      code: 'SES_SUPPRESSION_UNAVAILABLE',
      cause: expect.anything(),
    });
    expect(simulator.sent).toHaveLength(0);
    expect((await parts.mailer.send({ ...message, stream: 'alerts' })).status).toBe('sent');
    expect(parts.events.map(({ name, payload }) => [name, payload.stream, payload.unchecked])).toEqual([
      ['ses.send.failed', 'news', undefined],
      ['ses.send.sent', 'alerts', true],
    ]);
    expect(parts.events[1]!.payload.address).toBe('ann@example.com');
  });

  it('does not let a hanging database hold up critical mail', async () => {
    await start();
    const hanging = new Promise<never>(() => undefined);
    Object.defineProperty(parts.dataSource.manager, 'query', { value: () => hanging });
    expect((await parts.mailer.send({ to: 'ann@example.com', text: 'x' })).status).toBe('sent');
    expect(parts.events[0]!.payload.unchecked).toBe(true);
  });

  it('survives listeners that throw', async () => {
    await start();
    parts.emitter.on('ses.send.sent', () => {
      throw new Error('a broken listener');
    });
    expect((await parts.mailer.send({ to: 'ann@example.com', text: 'x' })).status).toBe('sent');
  });

  it.each(databaseKinds())('books what SES took by recipient, on $name', async ({ create }) => {
    await start({}, await create());
    await parts.suppress('out@example.com');
    const { mailer, reputation, dataSource } = parts;
    await mailer.send({ to: 'ann@example.com, bob@example.com, out@example.com, c@example.org', text: 'x' });
    await mailer.send({ to: 'bounce@simulator.amazonses.com', text: 'x' });
    await mailer.send({ to: 'dan@gmail.com', text: 'x', configurationSet: 'main' });
    await reputation.flush();
    const buckets = await dataSource.manager.find(ReputationBucket);
    const sent = new Map<string, number>();
    for (const bucket of buckets) sent.set(bucket.dimension, (sent.get(bucket.dimension) ?? 0) + bucket.sent);
    expect(Object.fromEntries(sent)).toEqual({
      account: 4,
      'stream:transactional': 4,
      'domain:example.com': 2,
      'domain:example.org': 1,
      'domain:gmail.com': 1,
      'provider:(other)': 3,
      'provider:gmail': 1,
      'configuration-set:main': 1,
    });
  });
});
