import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Between a client and a server: can swallow what connections carry without ending one, as a dead host or a NAT does. */
export class TcpProxy {
  private readonly pairs = new Map<Socket, Socket>();
  private silent = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on('connection', (client) => this.take(client));
  }

  static async start(target: { host: string; port: number }): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections that the client has not ended. */
  get open(): number {
    return this.pairs.size;
  }

  /** Swallows what all connections carry, and those to come, of which the client learns nothing. */
  swallow(): void {
    this.silent = true;
    for (const [client, upstream] of this.pairs) cut(client, upstream);
  }

  /** New connections work; those that were swallowed stay dead. */
  recover(): void {
    this.silent = false;
  }

  async stop(): Promise<void> {
    for (const client of this.pairs.keys()) client.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(client: Socket): void {
    const upstream = connect(this.target);
    this.pairs.set(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    client.on('close', () => {
      this.pairs.delete(client);
      upstream.destroy();
    });
    if (this.silent) cut(client, upstream);
    else client.pipe(upstream).pipe(client);
  }
}

function cut(client: Socket, upstream: Socket): void {
  client.unpipe();
  upstream.unpipe();
  upstream.destroy();
  client.resume();
}
