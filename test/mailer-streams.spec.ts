import { createReadStream } from 'node:fs';
import { Readable, Stream, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { SesSimulator } from '../libs/ses-reputation/src/testing/index.js';
import { sqlite, type TestDatabase } from './support/databases.js';
import { startMailer, type MailerParts } from './support/mailer-parts.js';

Logger.overrideLogger(false);

const MESSAGE = { to: 'ann@example.com', text: 'x' };
const TEMPLATE = { text: undefined, template: { name: 'welcome', data: {} } };

function nothing(): void {}

/** As streams were in the first Node versions: no `destroy`, and no waiting for a reader. */
function legacyStream(text: string): Readable {
  const stream = Object.assign(new Stream(), { readable: true, pause: nothing, resume: nothing });
  setImmediate(() => {
    stream.emit('data', Buffer.from(text));
    stream.emit('end');
  });
  return stream as unknown as Readable;
}

describe('content that MailerService.send is given as streams and Buffers', () => {
  let simulator: SesSimulator;
  let database: TestDatabase;
  let parts: MailerParts;
  const uncaught = jest.fn();

  beforeEach(async () => {
    process.on('uncaughtException', uncaught);
    simulator = await SesSimulator.start();
    database = await sqlite();
    parts = await startMailer(database.options, { client: simulator.clientConfig });
  });

  afterEach(async () => {
    await parts.close();
    await database.drop();
    await simulator.stop();
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  });

  it.each([
    [
      'attachments[0].content',
      () => ({ attachments: [{ filename: 'a.csv', content: Readable.from([1, 2]) }] }),
    ],
    [
      'attachments[0].content',
      () => ({ ...TEMPLATE, attachments: [{ content: Readable.from([{ row: 1 }]) }] }),
    ],
    [
      'alternatives[0].content',
      () => ({ alternatives: [{ contentType: 'text/x', content: Readable.from(['a', {}]) }] }),
    ],
    ['text', () => ({ text: Readable.from([1]) })],
    ['html.content', () => ({ html: { content: new Writable() as never } })],
  ])('refuses %s of what is neither text nor bytes, and sends nothing', async (field, fields) => {
    const sending = parts.mailer.send({ ...MESSAGE, ...fields() });
    await expect(sending).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field });
    expect(simulator.sent).toHaveLength(0);
  });

  it('sends streams of text, bytes and files, in every place', async () => {
    await parts.mailer.send({
      ...MESSAGE,
      text: Readable.from(['plain ', Buffer.from('words')]),
      html: { content: Readable.from(['<b>bold</b>']) },
      attachments: [{ content: createReadStream('package.json') }],
    });
    const raw = simulator.sent[0]!.raw!.toString();
    expect(raw).toContain('plain words');
    expect(raw).toContain('<b>bold</b>');
    expect(raw.replace(/\s/g, '')).toContain(
      Buffer.from('"nestjs-ses-reputation"').toString('base64').slice(4, 24),
    );
  });

  it('takes a stream that can’t be destroyed, and says that the mail went out', async () => {
    const receipt = await parts.mailer.send({ ...MESSAGE, text: legacyStream('from long ago') });
    expect(receipt.status).toBe('sent');
    expect(simulator.sent[0]!.raw!.toString()).toContain('from long ago');
  });

  it('lets the application close although a stream gives nothing', async () => {
    const stalled = new Readable({ read: () => undefined });
    const sending = parts.mailer.send({ ...MESSAGE, attachments: [{ content: stalled }] });
    const refused = expect(sending).rejects.toMatchObject({ field: 'attachments[0].content' });
    await new Promise(setImmediate);
    await parts.mailer.beforeApplicationShutdown();
    await refused;
    expect(stalled.destroyed).toBe(true);
  });

  it('sends a Buffer as it was when send was called', async () => {
    const content = Buffer.from('as it was');
    const sending = parts.mailer.send({ ...MESSAGE, attachments: [{ filename: 'a.txt', content }] });
    content.fill('X');
    await sending;
    expect(simulator.sent[0]!.raw!.toString()).toContain(Buffer.from('as it was').toString('base64'));
  });

  it('refuses a content inside a content, however deep', async () => {
    let text: object = { path: undefined, content: 'x' };
    for (let i = 0; i < 20_000; i++) text = { path: undefined, content: text };
    const sending = parts.mailer.send({ ...MESSAGE, text: text as never });
    await expect(sending).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field: 'text.content' });
  });
});
