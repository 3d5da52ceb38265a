import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseKind } from './databases.js';
import { freePort } from './free-port.mjs';
import { until } from './sns-harness.js';

/** A pooler in front of the server: its clients share few connections, each for a transaction at a time. */
export async function startPgBouncer(
  kind: DatabaseKind,
): Promise<{ kind: DatabaseKind; stop: () => Promise<void> }> {
  const direct = await kind.create();
  const server = new URL(direct.url);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'ses-pgbouncer-'));
  const config = join(directory, 'pgbouncer.ini');
  const target = [
    `host=${server.hostname}`,
    `port=${server.port || 5432}`,
    `user=${server.username || 'postgres'}`,
    ...(server.password === '' ? [] : [`password=${server.password}`]),
  ].join(' ');
  await writeFile(
    config,
    `[databases]\n* = ${target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\n` +
      'auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nignore_startup_parameters = extra_float_digits\n',
    { mode: 0o644 },
  );
  await chmod(directory, 0o755);
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn('pgbouncer', ['--quiet', config], { stdio: 'ignore', cwd: '/', ...user });
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`pgbouncer ended with ${code}`)));
  });
  const stop = async () => {
    ended.catch(() => undefined);
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([until(() => answers(port)), ended]);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = new URL(direct.url);
  url.port = String(port);
  return {
    kind: {
      name: kind.name,
      create: async () => ({
        options: { type: 'postgres', url: url.href },
        url: url.href,
        drop: () => direct.drop(),
      }),
    },
    stop,
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      resolve(true);
      socket.destroy();
    });
  });
}
