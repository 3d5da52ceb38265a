import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** An SES that takes every mail at once, in a process of its own. */
export async function startSesStub(): Promise<{ endpoint: string; stop(): void }> {
  const child = fork(fileURLToPath(new URL('./ses-stub-process.js', import.meta.url)));
  const [port] = (await once(child, 'message')) as [number];
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}
