// Packs the package as npm would publish it and installs the tarball into fresh applications, made by Nest's own
// starters: each must compile, pass its own unit test of a service that injects MailerService, start, and take one
// signed notification. Ends with "N passed, N failed". Not part of `npm test`: it installs from the registry.
import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.mjs';
import { apps } from './apps.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
// Outside the project, or the starters of Nest 11 would find the schematics of Nest 12 in it.
const work = await mkdtemp(join(tmpdir(), 'ses-packaging-'));
const results = { passed: 0, failed: 0 };

let tarball;
await step('npm pack', async () => {
  const packed = JSON.parse(await run('npm', ['pack', '--json', '--pack-destination', work], root));
  tarball = join(work, (Array.isArray(packed) ? packed : Object.values(packed))[0].filename);
});
await step('publint', () => run('npx', ['publint', 'run', tarball, '--strict'], root));
await step('attw --profile esm-only', () => run('npx', ['attw', tarball, '--profile', 'esm-only'], root));
// `node test/packaging/run.mjs nest11` tries one of them.
for (const app of apps(join(root, 'node_modules/.bin'))) {
  if (app.name.startsWith(process.argv[2] ?? '')) await tryApp(app);
}

await rm(work, { recursive: true, force: true });
process.stdout.write(`${results.passed} passed, ${results.failed} failed\n`);
process.exitCode = results.failed === 0 ? 0 : 1;

async function tryApp(app) {
  const directory = join(work, app.name);
  const made = await step(`${app.name}: made by its starter`, () =>
    run(app.starter[0], app.starter.slice(1), work),
  );
  if (!made) return;
  const installed = await step(`${app.name}: installs the tarball`, async () => {
    await write(directory, app.files);
    await edit(directory, app.edit);
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
  for (const [command, ...args] of app.unitTest) {
    const name = `${app.name}: the unit test of its service passes by ${command === 'npm' ? 'npm test' : 'Jest'}`;
    await step(name, () => run(command, args, directory));
  }
  await step(`${app.name}: the door for nodemailer opens, by import and by require`, async () => {
    const found = "(door) => { if (typeof door.sesReputationTransport !== 'function') process.exit(1); }";
    const path = "'nestjs-ses-reputation/nodemailer'";
    await run('node', ['--input-type=module', '-e', `import(${path}).then(${found})`], directory);
    await run('node', ['--input-type=commonjs', '-e', `(${found})(require(${path}))`], directory);
  });
  if (compiled)
    await step(`${app.name}: starts and takes a signed notification`, () => takeFeedback(directory));
  await step(`${app.name}: the doors for queues open, ./sqs with its own packages`, () =>
    openDoors(directory),
  );
}

/** By `import` and by `require`, as ESM and CommonJS applications do. */
async function openDoors(directory) {
  await open('lambda', 'createSnsHandler');
  await run(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'sqs-consumer@^14', '@aws-sdk/client-sqs@^3'],
    directory,
  );
  await open('sqs', 'SesSqsModule');

  async function open(door, name) {
    const found = `(found) => { if (typeof found.${name} !== 'function') process.exit(1); }`;
    const path = `'nestjs-ses-reputation/${door}'`;
    await run('node', ['--input-type=module', '-e', `import(${path}).then(${found})`], directory);
    await run('node', ['--input-type=commonjs', '-e', `(${found})(require(${path}))`], directory);
  }
}

async function dependencies({ hosts, typeorm, install = [] }) {
  const { version } = JSON.parse(
    await readFile(join(root, 'node_modules/better-sqlite3/package.json'), 'utf8'),
  );
  return [
    ...hosts,
    ...install,
    `typeorm@${typeorm}`,
    '@aws-sdk/client-sesv2@^3',
    `better-sqlite3@${version}`,
  ];
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
    // Again and again, since what is sent before the subscription is confirmed comes back to nobody.
    await until(async () => {
      await post(`http://127.0.0.1:${port}/welcome`, { to: 'nobody@hard.test' });
      return (await get(`http://127.0.0.1:${port}/suppressed/nobody@hard.test`)) === 'true';
    });
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

async function edit(directory, { file, change } = {}) {
  if (!file) return;
  const path = join(directory, file);
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${path} is not what it was: the line to add found no place`);
  await writeFile(path, changed);
}
