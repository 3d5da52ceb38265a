import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetAccountCommand, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { transformFile } from '@swc/core';
import { simpleMail } from './support/ses-mail.js';
import { startSubscriber } from './support/sns-subscriber.js';
import { freePort } from './support/free-port.mjs';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'libs/ses-reputation/src');
// Inside the repository, so that the program finds its dependencies.
const BUILT = join(ROOT, '.tmp', `cli-${process.pid}`);

describe('ses-reputation simulate, as a process', () => {
  beforeAll(async () => {
    for (const folder of ['cli', 'testing']) await build(folder);
    await writeFile(join(BUILT, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => rm(BUILT, { recursive: true }));

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'prints one line when it is ready and ends cleanly on %s',
    async (signal) => {
      const program = start('simulate', '--port', '0', '--region', 'eu-west-1', '--quota', '-1', '--rate=7');
      const line = await program.out.next();
      expect(line).toMatch(
        /^SES simulator ready at http:\/\/127\.0\.0\.1:\d+ · topic arn:aws:sns:eu-west-1:123456789012:ses-feedback · configuration set main$/,
      );
      const client = clientOf(line);
      expect(await client.send(new GetAccountCommand({}))).toMatchObject({
        SendQuota: { Max24HourSend: -1, MaxSendRate: 7 },
      });
      program.child.kill(signal);
      expect(await program.exit).toEqual([0, null]);
      expect(program.out.all).toEqual([line]);
      client.destroy();
    },
  );

  it('subscribes a URL, however late its app comes up', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const program = start('simulate', '--port', '0', '--post-to', url);
    const line = await program.out.next();
    expect(await program.err.next()).toBe(`${url}: waiting for it to confirm its subscription`);
    let attempts = 0;
    const subscriber = await startSubscriber(async (link) => {
      attempts += 1;
      if (attempts === 1) return new Response(null, { status: 403 });
      return fetch(`${/http:\S+/.exec(line)![0]}/${new URL(String(link)).search}`);
    }, port);
    expect(await program.err.next()).toContain('trying again');
    expect(await program.err.next()).toContain(`${url}: confirmed`);
    const client = clientOf(line);
    await client.send(new SendEmailCommand(simpleMail(['ann@hard.test'])));
    while (subscriber.events.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(subscriber.events.map(({ eventType }) => eventType)).toEqual(['Send', 'Bounce']);
    program.child.kill('SIGINT');
    expect(await program.exit).toEqual([0, null]);
    client.destroy();
    await subscriber.stop();
  });

  it('ends at once when it is interrupted before the URL confirmed', async () => {
    const program = start('simulate', '--port', '0', '--post-to', 'http://127.0.0.1:1/feedback');
    await program.out.next();
    await program.err.next();
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual([0, null]);
  });

  it.each([
    [[], 'Usage: ses-reputation'],
    [['simulat'], 'unknown command "simulat"'],
    [['simulate', '--prot', '1'], "Unknown option '--prot'"],
    [['simulate', 'now'], "Unexpected argument 'now'"],
    [['simulate', '--port'], '--port'],
    [['simulate', '--port', '70000'], '--port is "70000"'],
    [['simulate', '--rate', '0'], '--rate is "0"'],
    [['simulate', '--quota', 'many'], '--quota is "many"'],
    [['simulate', '--account', '1'], '--account is "1"'],
    [['simulate', '--region', 'Europe'], '--region is "Europe"'],
    [['simulate', '--post-to', 'localhost:3000'], '--post-to is "localhost:3000"'],
  ])('refuses %j with exit code 2 and the usage', async (args, message) => {
    const program = start(...args);
    expect(await program.exit).toEqual([2, null]);
    expect(program.err.all.join('\n')).toContain(message);
    expect(program.err.all.join('\n')).toContain('Usage: ses-reputation');
    expect(program.out.all).toEqual([]);
  });

  it.each([[['--help']], [['simulate', '--help']]])('tells its options for %j', async (args) => {
    const program = start(...args);
    expect(await program.exit).toEqual([0, null]);
    expect(program.out.all[0]).toContain('Usage: ses-reputation');
  });

  it('says so when the port is taken', async () => {
    const first = start('simulate', '--port', '0');
    const port = new URL(/http:\S+/.exec(await first.out.next())![0]).port;
    const second = start('simulate', '--port', port);
    expect(await second.exit).toEqual([1, null]);
    expect(second.err.all.join()).toContain('EADDRINUSE');
    first.child.kill('SIGINT');
    await first.exit;
  });
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [join(BUILT, 'cli/main.js'), ...args], { cwd: BUILT });
  const lines = { out: collect(child.stdout), err: collect(child.stderr) };
  return {
    child,
    ...lines,
    exit: once(child, 'close') as Promise<[code: number | null, signal: string | null]>,
  };
}

/** Compiles one folder of the library, file by file. */
async function build(folder: string): Promise<void> {
  for (const file of await readdir(join(SOURCE, folder), { recursive: true })) {
    const from = join(SOURCE, folder, file);
    const to = join(BUILT, folder, file.replace(/\.ts$/, '.js'));
    await mkdir(join(to, '..'), { recursive: true });
    if (file.endsWith('.ts')) {
      const { code } = await transformFile(from, {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      await writeFile(to, code);
    } else if (file.includes('.')) await cp(from, to);
  }
}

function clientOf(readyLine: string): SESv2Client {
  const endpoint = /http:\S+/.exec(readyLine)![0];
  const credentials = { accessKeyId: 'AKIASIMULATOR', secretAccessKey: 'simulator' };
  return new SESv2Client({ endpoint, region: 'us-east-1', credentials });
}

/** Lines as they come; `next` waits for one. */
function collect(stream: NodeJS.ReadableStream): { all: string[]; next: () => Promise<string> } {
  const all: string[] = [];
  const reader = createInterface({ input: stream });
  let read = 0;
  reader.on('line', (line) => all.push(line));
  return {
    all,
    next: async () => {
      if (all.length <= read) await once(reader, 'line');
      return all[read++]!;
    },
  };
}
