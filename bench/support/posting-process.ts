import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { perSecond } from '../harness/timing.js';
import type { Posted, Posting } from './posting.js';

process.on('message', (posting: Posting) => {
  void postAll(posting)
    .catch((error: unknown) => ({ failed: String(error) }))
    .then((answer) => process.send!(answer));
});

async function postAll({ port, path, bodies, connections, everyMs }: Posting): Promise<Posted> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const begun = performance.now();
  const times: number[] = [];
  const timed = async (body: string, due: number): Promise<void> => {
    await post(agent, port, path, body);
    times.push(performance.now() - due);
  };
  try {
    if (everyMs === undefined) {
      await perSecond(bodies, connections, (body) => timed(body, performance.now()));
    } else {
      const posts = bodies.map(async (body, n) => {
        const due = begun + n * everyMs;
        await sleep(due - performance.now());
        await timed(body, due);
      });
      await Promise.all(posts);
    }
    const p99Ms = times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]!;
    return { perSecond: (bodies.length * 1_000) / (performance.now() - begun), p99Ms };
  } finally {
    agent.destroy();
  }
}

/** As SNS does: JSON that calls itself plain text. */
function post(agent: Agent, port: number, path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'text/plain; charset=UTF-8',
      'content-length': Buffer.byteLength(body),
      'x-amz-sns-message-type': 'Notification',
    };
    request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('error', reject)
        .on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`answered ${response.statusCode}: ${text}`));
        });
    })
      .on('error', reject)
      .end(body);
  });
}
