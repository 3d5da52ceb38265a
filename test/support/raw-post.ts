import { once } from 'node:events';
import { createConnection } from 'node:net';

/** Writes a request by hand and gives what comes back within the first packets. */
export async function rawPost(
  url: string,
  headers: string[],
  body: (write: (chunk: string | Buffer) => void) => unknown,
): Promise<string> {
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(['POST /ses/feedback HTTP/1.1', 'Host: a', ...headers, '', ''].join('\r\n'));
  await body((chunk) => socket.write(chunk));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}
