// Packs the package as npm would publish it and installs the tarball into fresh applications, made by Nest's own
// starters: each must compile, pass its own unit test of a service that injects MailerService, start, and take one
// signed notification. Ends with "N passed, N failed". Not part of `npm test`: it installs from the registry.
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APPS } from './apps.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const work = join(root, '.tmp/packaging');
const results = { passed: 0, failed: 0 };

await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });

let tarball;
await step('npm pack', async () => {
  const packed = JSON.parse(await run('npm', ['pack', '--json', '--pack-destination', work], root));
  tarball = join(work, (Array.isArray(packed) ? packed : Object.values(packed))[0].filename);
});
await step('publint', () => run('npx', ['publint', 'run', tarball, '--strict'], root));
await step('attw --profile esm-only', () => run('npx', ['attw', tarball, '--profile', 'esm-only'], root));
for (const app of APPS) await tryApp(app);

process.stdout.write(`${results.passed} passed, ${results.failed} failed\n`);
process.exitCode = results.failed === 0 ? 0 : 1;

async function tryApp(app) {
  const directory = join(work, app.name);
  const made = await step(`${app.name}: made by its starter`, () => run('npx', app.starter, work));
  if (!made) return;
  const installed = await step(`${app.name}: installs the tarball`, async () => {
    await write(directory, app.files);
    await edit(join(directory, 'package.json'), app.packageJson);
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', tarball, ...(await dependencies(app))],
      directory,
    );
    // The same version was compiled here already; a minute saved for each application.
    const native = 'node_modules/better-sqlite3/build';
    await cp(join(root, native), join(directory, native), { recursive: true });
  });
  if (!installed) return;
  const compiled = await step(`${app.name}: compiles`, () => run('npx', ['nest', 'build'], directory));
  await step(`${app.name}: its own unit test passes`, () => run('npm', ['test'], directory));
  if (compiled)
    await step(`${app.name}: starts and takes a signed notification`, () => takeFeedback(directory));
}

async function dependencies({ nest }) {
  const { version } = JSON.parse(
    await readFile(join(root, 'node_modules/better-sqlite3/package.json'), 'utf8'),
  );
  const nestPackages = ['typeorm', 'event-emitter', 'schedule', 'config'].map(
    (name) => `@nestjs/${name}@^${nest.hosts ?? nest.major}`,
  );
  // @nestjs/config, schedule and event-emitter have major versions of their own before 12.
  const own =
    nest.major === 11
      ? ['@nestjs/typeorm@^11', '@nestjs/event-emitter@^3', '@nestjs/schedule@^6', '@nestjs/config@^4']
      : nestPackages;
  return [...own, `typeorm@${nest.typeorm}`, '@aws-sdk/client-sesv2@^3', `better-sqlite3@${version}`];
}

/** The CLI of the installed tarball simulates SES; the application hears of a bounce by a signed post. */
async function takeFeedback(directory) {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const application = start('node', ['dist/main.js'], directory, { PORT: port, SES_ENDPOINT: endpoint });
  const simulator = start(
    'npx',
    [
      'ses-reputation',
      'simulate',
      '--port',
      new URL(endpoint).port,
      '--post-to',
      `http://127.0.0.1:${port}/ses/feedback`,
    ],
    directory,
  );
  try {
    await until(() => post(`http://127.0.0.1:${port}/welcome`, { to: 'nobody@hard.test' }));
    await until(async () => (await get(`http://127.0.0.1:${port}/suppressed/nobody@hard.test`)) === 'true');
  } catch (error) {
    throw new Error(`${error.message}\n${application.output()}\n${simulator.output()}`, { cause: error });
  } finally {
    await Promise.all([application.stop(), simulator.stop()]);
  }
}

async function step(name, work) {
  try {
    await work();
    results.passed++;
    process.stdout.write(`ok      ${name}\n`);
    return true;
  } catch (error) {
    results.failed++;
    process.stdout.write(`FAILED  ${name}\n${String(error.message ?? error).slice(-6_000)}\n`);
    return false;
  }
}

function run(command, args, cwd) {
  const child = start(command, args, cwd, { CI: 'true' });
  return child.ended.then((code) => {
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${child.output()}`);
    return child.stdout();
  });
}

function start(command, args, cwd, env = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let all = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    all += chunk;
  });
  child.stderr.on('data', (chunk) => (all += chunk));
  const ended = new Promise((done) => {
    child.on('error', (error) => {
      all += String(error);
      done(-1);
    });
    child.on('close', done);
  });
  const stop = () => {
    try {
      process.kill(-child.pid, 'SIGTERM'); // npx starts the program as a child: the whole group is ended
    } catch {
      // it has ended by itself
    }
    return ended;
  };
  return { ended, stop, stdout: () => stdout, output: () => all };
}

async function until(done) {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      const answer = await done();
      if (answer) return answer;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((wake) => setTimeout(wake, 200));
  }
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${await response.text()}`);
  return true;
}

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

async function write(directory, files) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

async function edit(path, change) {
  const json = JSON.parse(await readFile(path, 'utf8'));
  change?.(json);
  await writeFile(path, JSON.stringify(json, null, 2));
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
