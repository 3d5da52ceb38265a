import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatorRequest, SimulatorResponse } from './http.js';

// A message of 40 MB in base64, and room for what is round it.
const MAX_BODY_BYTES = 64 * 1024 * 1024;

type Handler = (request: SimulatorRequest) => Promise<SimulatorResponse | 'cut'>;

/** One port on the loopback interface that hands whole requests to a function. */
export class SimulatorServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Port 0 takes a free one. Rejects with the system's error when the port is taken. */
  static async listen(port: number, handle: Handler): Promise<SimulatorServer> {
    const server = createServer((request, response) => {
      void serve(request, response, handle);
    });
    // Longer than any client keeps an idle connection: else one is cut just as a call goes out on it, and the
    // caller can't know whether its mail was accepted.
    server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new SimulatorServer(server, (server.address() as AddressInfo).port);
  }

  /** Takes no new connection and cuts those that clients keep open. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, handle: Handler): Promise<void> {
  try {
    const body = await readBody(request);
    if (body === null) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const target = request.url ?? '/';
    if (!URL.canParse(target, 'http://simulator')) {
      response.writeHead(400).end();
      return;
    }
    const url = new URL(target, 'http://simulator');
    const answer = await handle({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
    });
    if (answer === 'cut') request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  } catch (error) {
    if (request.socket.destroyed) return;
    response.writeHead(500, { 'content-type': 'application/json', 'x-amzn-ErrorType': 'InternalFailure' });
    response.end(JSON.stringify({ message: `The simulator failed: ${String(error)}` }));
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
