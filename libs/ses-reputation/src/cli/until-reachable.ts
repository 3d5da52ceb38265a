import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when something listens at the URL's host and port, or when the signal says to stop waiting. */
export async function untilReachable(url: string, everyMs: number, signal: AbortSignal): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  const address = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
  };
  while (!signal.aborted && !(await accepts(address)))
    await sleep(everyMs, undefined, { signal }).catch(() => {});
}

async function accepts(address: { host: string; port: number }): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
