import { describe, expect, it } from '@jest/globals';
import { OwnSesClient } from './ses-client.js';

interface HandlerConfig {
  connectionTimeout?: number;
  socketTimeout?: number;
  httpsAgent?: { maxSockets: number };
}

/** The handler reads its configuration with the first request. */
async function handlerOf(client: OwnSesClient): Promise<HandlerConfig> {
  const handler = client.config.requestHandler as unknown as { configProvider: Promise<HandlerConfig> };
  return handler.configProvider;
}

describe('OwnSesClient', () => {
  it('waits for SES for a time, over sockets for a high rate', async () => {
    const handler = await handlerOf(new OwnSesClient({ region: 'us-east-1' }));
    expect(handler).toMatchObject({ connectionTimeout: 5_000, socketTimeout: 60_000 });
    expect(handler.httpsAgent!.maxSockets).toBe(200);
  });

  it('has sockets for the rate that SES takes', async () => {
    const client = new OwnSesClient({ region: 'us-east-1' });
    const { httpsAgent } = await handlerOf(client);
    client.sizeSockets(1_001);
    expect(httpsAgent!.maxSockets).toBe(501);
    client.sizeSockets(14);
    expect(httpsAgent!.maxSockets).toBe(200);
  });

  it('puts what a host sets over its own', async () => {
    const requestHandler = { socketTimeout: 1_000, httpsAgent: { maxSockets: 7 } };
    const client = new OwnSesClient({ region: 'us-east-1', requestHandler });
    const handler = await handlerOf(client);
    expect(handler).toMatchObject({ connectionTimeout: 5_000, socketTimeout: 1_000 });
    expect(handler.httpsAgent!.maxSockets).toBe(7);
    client.sizeSockets(1_000);
    expect(handler.httpsAgent!.maxSockets).toBe(7);
  });

  it('takes a ready handler as it is', () => {
    const ready = { handle: async () => ({ response: {} as never }) };
    expect(new OwnSesClient({ region: 'us-east-1', requestHandler: ready }).config.requestHandler).toBe(
      ready,
    );
  });
});
