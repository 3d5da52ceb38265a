import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { closeStream, readStream } from './read-stream.js';

const field = 'attachments[0].content';
const never = new AbortController().signal;
const patient = { idleMs: 60_000, closingMs: 60_000, closing: never };

function broken(): never {
  throw new Error('broken');
}

async function textOf(stream: Readable, time = patient): Promise<string> {
  const chunks: Buffer[] = [];
  await readStream(stream, field, time, (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks).toString();
}

async function* slowly() {
  for (const letter of 'abcdef') {
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield letter;
  }
}

describe('readStream', () => {
  it('reads text and bytes, also of streams in object mode', async () => {
    expect(await textOf(Readable.from(['a', Buffer.from('b'), new Uint8Array([99])]))).toBe('abc');
    expect(await textOf(Readable.from([]))).toBe('');
  });

  it.each([[1], [{ row: 1 }], [Symbol('x')], [Object.create(null)]])(
    'refuses a chunk that is %p',
    async (chunk) => {
      const stream = Readable.from(['a', chunk, 'b']);
      await expect(textOf(stream)).rejects.toMatchObject({ code: 'SES_MESSAGE_INVALID', field });
      expect(stream.destroyed).toBe(true);
    },
  );

  it('refuses a stream that gives nothing for too long, even one that can’t be destroyed', async () => {
    const stalled = new PassThrough({ destroy: () => undefined });
    stalled.write('a');
    const reading = textOf(stalled, { ...patient, idleMs: 20 });
    await expect(reading).rejects.toMatchObject({ field, message: expect.stringContaining('0.02 s') });
  });

  it('goes on with a slow stream as long as something comes', async () => {
    expect(await textOf(Readable.from(slowly()), { ...patient, idleMs: 200 })).toBe('abcdef');
  });

  it('lets what is at its end soon come to it when the application closes, and gives up the rest', async () => {
    const closing = new AbortController();
    const [soon, stalled] = [new PassThrough(), new PassThrough()];
    const time = { ...patient, closingMs: 100, closing: closing.signal };
    const [read, refused] = [textOf(soon, time), textOf(stalled, time)];
    closing.abort();
    soon.end('a');
    expect(await read).toBe('a');
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining('closed') });
    await expect(textOf(new PassThrough(), time)).rejects.toMatchObject({ field });
  });
});

describe('closeStream', () => {
  it('never throws', () => {
    closeStream({});
    closeStream({ destroy: broken });
    expect(broken).toThrow('broken');
  });
});
