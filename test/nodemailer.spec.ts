import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import {
  AllRecipientsRejectedError,
  sesReputationTransport,
  StreamPausedError,
  type SesReputationSentInfo,
} from '../libs/ses-reputation/src/nodemailer/index.js';
import { SesSimulator, type SentMail } from '../libs/ses-reputation/src/testing/index.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

describe('a nodemailer transport over MailerService', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;
  let transporter: Transporter<SesReputationSentInfo>;

  beforeEach(async () => {
    simulator = await SesSimulator.start({ sendRate: 1_000 });
    database = await sqlite();
    parts = await startMailer(database.options, {
      client: simulator.clientConfig,
      streams: { transactional: { priority: 'critical' }, newsletter: { priority: 'bulk' } },
    });
    transporter = createTransport(sesReputationTransport(parts.mailer));
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

  function header(name: string): string | undefined {
    return onlyMail().headers.find((one) => one.name.toLowerCase() === name.toLowerCase())?.value;
  }

  it('sends what nodemailer is given, and answers as its transports do', async () => {
    await parts.suppress('bob@example.com', { reason: 'complaint' });
    const info = await transporter.sendMail({
      from: 'Shop <shop@example.com>',
      to: ['Ann <ann@example.com>', { name: 'Bob', address: 'bob@example.com' }],
      bcc: 'dave@example.com',
      replyTo: 'help@example.com',
      subject: 'Grüße',
      text: 'Hello',
      html: '<p>Hello</p>',
      headers: { 'X-Campaign': 'may' },
      priority: 'high',
      list: { unsubscribe: 'https://example.com/out' },
    });
    const mail = onlyMail();
    expect(info).toEqual({
      envelope: { from: 'shop@example.com', to: ['ann@example.com', 'bob@example.com', 'dave@example.com'] },
      messageId: mail.id,
      accepted: ['ann@example.com', 'dave@example.com'],
      rejected: ['bob@example.com'],
      pending: [],
      response: mail.id,
      receipt: expect.objectContaining({ status: 'partial' }),
    });
    expect(mail).toMatchObject({
      from: 'Shop <shop@example.com>',
      destination: { to: ['ann@example.com'], bcc: ['dave@example.com'] },
      subject: 'Grüße',
      tags: { 'ses-reputation': 'transactional' },
    });
    expect(mail.html?.trim()).toBe('<p>Hello</p>');
    expect(header('X-Campaign')).toBe('may');
    expect(header('X-Priority')).toBe('1 (Highest)');
    expect(header('List-Unsubscribe')).toBe('<https://example.com/out>');
  });

  it('answers callbacks, and what they throw is their own', async () => {
    const info = await new Promise<SesReputationSentInfo>((resolve, reject) =>
      transporter.sendMail({ to: 'ann@example.com', text: 'x' }, (error, given) =>
        error ? reject(error) : resolve(given),
      ),
    );
    expect(info.accepted).toEqual(['ann@example.com']);
    const error = await new Promise((resolve) =>
      transporter.sendMail({ to: 'nobody', text: 'x' }, (given) => resolve(given)),
    );
    expect(error).toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'to' });
    expect(await transporter.verify()).toBe(true);
    expect(await new Promise((resolve) => transporter.verify((_, ok) => resolve(ok)))).toBe(true);
    expect(transporter.isIdle()).toBe(true);
    transporter.close();
  });

  it('takes stream, tags, set and key from the transport, the message and SES’s headers', async () => {
    const newsletter = createTransport(
      sesReputationTransport(parts.mailer, { stream: 'newsletter', tags: { app: 'shop', campaign: 'none' } }),
      { from: 'News <news@example.com>' },
    );
    const message = {
      to: 'ann@example.com',
      text: 'x',
      tags: { cohort: 'a' },
      idempotencyKey: 'once',
      messageId: '<own@example.com>',
      headers: {
        'X-SES-CONFIGURATION-SET': 'main',
        'X-SES-MESSAGE-TAGS': 'campaign=may, part=1',
        'Message-ID': '<own@example.com>',
        Date: 'Mon, 1 Jan 2024 00:00:00 +0000',
      },
    } as SendMailOptions;
    const first = await newsletter.sendMail(message);
    expect((await newsletter.sendMail(message)).messageId).toBe(first.messageId);
    expect(onlyMail()).toMatchObject({
      from: 'News <news@example.com>',
      configurationSet: 'main',
      tags: { app: 'shop', campaign: 'may', part: '1', cohort: 'a', 'ses-reputation': 'newsletter' },
    });
    expect(header('Message-ID')).not.toContain('own@');
    await newsletter.sendMail({
      to: 'ann@example.com',
      text: 'x',
      stream: 'transactional',
    } as SendMailOptions);
    expect(simulator.sent[1]!.tags['ses-reputation']).toBe('transactional');
  });

  it('fails as SMTP does when every recipient is suppressed', async () => {
    await parts.suppress('ann@example.com');
    const error = await transporter.sendMail({ to: 'ann@example.com', text: 'x' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AllRecipientsRejectedError);
    expect(error).toMatchObject({
      code: 'EENVELOPE',
      rejected: ['ann@example.com'],
      receipt: { status: 'suppressed' },
    });
    expect(simulator.sent).toHaveLength(0);
  });

  it('fails when the stream is paused', async () => {
    const paused = { reason: 'by hand', since: new Date(), until: null };
    const receipt = { status: 'paused' as const, messageId: null, accepted: [], suppressed: [], paused };
    const held = createTransport(sesReputationTransport({ send: async () => receipt }));
    const error = await held.sendMail({ to: 'ann@example.com', text: 'x' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StreamPausedError);
    expect(error).toMatchObject({ code: 'SES_STREAM_PAUSED', receipt });
    expect(error.message).toContain('by hand');
  });

  it('runs plugins: templates by name, as @nestjs-modules/mailer has them', async () => {
    const templates: Record<string, (context: { name: string }) => string> = {
      welcome: ({ name }) => `<p>Hi ${name}</p>`,
    };
    transporter.use('compile', (mail, done) => {
      const { template, context } = mail.data as unknown as { template: string; context: { name: string } };
      mail.data.html = templates[template]!(context);
      done();
    });
    await transporter.sendMail({
      to: 'ann@example.com',
      subject: 'Welcome',
      template: 'welcome',
      context: { name: 'Ann' },
      transporterName: 'main',
    } as SendMailOptions);
    expect(onlyMail().html?.trim()).toBe('<p>Hi Ann</p>');
    transporter.use('compile', (_, done) => done(new Error('no such template')));
    await expect(
      transporter.sendMail({ to: 'ann@example.com', template: 'welcome', context: {} } as SendMailOptions),
    ).rejects.toThrow('no such template');
    expect(simulator.sent).toHaveLength(1);
  });

  it('makes attachments of images in the HTML', async () => {
    await transporter.sendMail({
      to: 'ann@example.com',
      html: '<img src="data:image/png;base64,aGk=">',
      attachDataUrls: true,
    });
    expect(onlyMail().html).toMatch(/src="cid:/);
    expect(onlyMail().attachments.map(({ content }) => content.toString())).toEqual(['hi']);
  });

  it('sends an SES template, and an invitation', async () => {
    await transporter.sendMail({
      to: 'ann@example.com',
      text: 'Come',
      icalEvent: { method: 'request', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' },
    });
    expect(onlyMail().raw!.toString()).toMatch(/text\/calendar; charset=utf-8; method=REQUEST/i);
    await expect(
      transporter.sendMail({ to: 'ann@example.com', template: { name: 'none' } } as SendMailOptions),
    ).rejects.toMatchObject({ code: 'SES_SEND_REJECTED', sesError: 'NotFoundException' });
  });

  it.each(['raw', 'envelope', 'watchHtml', 'ses'])('refuses %s, which it can’t honour', async (field) => {
    const message = {
      to: 'ann@example.com',
      text: 'x',
      [field]: field === 'envelope' ? { to: 'x@example.com' } : 'x',
    };
    await expect(transporter.sendMail(message)).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field });
    expect(simulator.sent).toHaveLength(0);
  });

  describe('files and URLs', () => {
    let directory: string;
    let url: string;
    let server: ReturnType<typeof createServer>;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'ses-nodemailer-'));
      await writeFile(join(directory, 'invoice.txt'), 'from a file');
      server = createServer((_, response) => response.end('from a URL'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/report.txt?x=1`;
    });

    afterEach(async () => {
      await rm(directory, { recursive: true, force: true });
      server.close();
    });

    it('opens them as nodemailer does, and leaves the message as it was', async () => {
      const path = join(directory, 'invoice.txt');
      const message = {
        to: 'ann@example.com',
        html: { path },
        attachments: [
          { path },
          { filename: 'a.txt', path: url },
          { href: url },
          { filename: 'b.txt', content: createReadStream(path) },
          { filename: 'c.txt', path: 'data:text/plain;base64,aGk=' },
          { filename: 'd.txt', content: Buffer.from('bytes'), cid: 'd' },
          { filename: 'e.txt', content: 'aGk=', encoding: 'base64' },
          { filename: 'f.txt', content: { path } },
        ],
      };
      await transporter.sendMail(message as SendMailOptions);
      expect(onlyMail().html?.trim()).toBe('from a file');
      expect(onlyMail().attachments.map(({ filename, content }) => [filename, content.toString()])).toEqual(
        expect.arrayContaining([
          ['invoice.txt', 'from a file'],
          ['a.txt', 'from a URL'],
          ['report.txt', 'from a URL'],
          ['b.txt', 'from a file'],
          ['c.txt', 'hi'],
          ['d.txt', 'bytes'],
          ['e.txt', 'hi'],
          ['f.txt', 'from a file'],
        ]),
      );
      expect(message.attachments[0]).toEqual({ path });
    });

    it.each([
      ['disableFileAccess', () => join(directory, 'invoice.txt')],
      ['disableUrlAccess', () => url],
    ])('opens none with %s, whatever a message says', async (flag, path) => {
      const closed = createTransport(sesReputationTransport(parts.mailer), { [flag]: true });
      const attachments = [{ filename: 'a.txt', path: path() }];
      await expect(
        closed.sendMail({ to: 'ann@example.com', text: 'x', attachments, [flag]: false }),
      ).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'attachments[0]' });
      expect(simulator.sent).toHaveLength(0);
    });

    it('names the attachment whose file is not there', async () => {
      await expect(
        transporter.sendMail({
          to: 'ann@example.com',
          text: 'x',
          attachments: [{ path: join(directory, 'none') }],
        }),
      ).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'attachments[0]' });
    });
  });
});
