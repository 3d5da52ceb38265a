import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SESv2Client, type SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import type { FactoryProvider } from '@nestjs/common';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { SES_CLIENT } from './tokens.js';

/** At least. Made only as sends need them, and kept open. */
const SOCKETS = 200;
/** What a call takes where SES is slow. */
const CALL_SECONDS = 0.5;

/** A send that waits for ever would block the request behind it; the SDK sets no limits by itself. */
const HANDLER = {
  connectionTimeout: 5_000,
  socketTimeout: 60_000,
};
const AGENT = { keepAlive: true, maxSockets: SOCKETS };

/** A client that this module made, and so closes. */
export class OwnSesClient extends SESv2Client {
  /** Those of a host's configuration are not among them. */
  private readonly agents: readonly HttpAgent[];

  constructor(config: SESv2ClientConfig) {
    const agents = { httpAgent: new HttpAgent(AGENT), httpsAgent: new HttpsAgent(AGENT) };
    // Nothing changes its middleware, so it is put together once for each kind of call. A retry strategy of the
    // SDK's first kind would leave a word more in each request that shares it.
    const { requestHandler, ...others } = config;
    const cacheMiddleware = config.retryStrategy === undefined;
    super({ cacheMiddleware, ...others, requestHandler: withLimits(requestHandler, agents) });
    this.agents = [agents.httpAgent, agents.httpsAgent];
  }

  /** @param perSecond mails that SES takes */
  sizeSockets(perSecond: number): void {
    for (const agent of this.agents)
      agent.maxSockets = Math.max(SOCKETS, Math.ceil(perSecond * CALL_SECONDS));
  }
}

/** A host's settings are put over ours; a ready handler is taken as it is. */
function withLimits(given: SESv2ClientConfig['requestHandler'], agents: object): typeof given {
  return given && 'handle' in given ? given : { ...HANDLER, ...agents, ...given };
}

/** Makes room for a rate, if the client is this module's own. */
export function sizeSockets(client: SESv2Client, perSecond: number): void {
  if (client instanceof OwnSesClient) client.sizeSockets(perSecond);
}

/** Closes the client if it is this module's own. */
export function closeOwn(client: SESv2Client): void {
  if (client instanceof OwnSesClient) client.destroy();
}

/** Takes a ready client as it is (its owner closes it), or makes one from a configuration. */
export function toSesClient(given: ResolvedOptions['client']): SESv2Client {
  return isReady(given) ? given : new OwnSesClient(given);
}

export const sesClientProvider: FactoryProvider<SESv2Client> = {
  provide: SES_CLIENT,
  inject: [SES_OPTIONS],
  useFactory: (options: ResolvedOptions) => toSesClient(options.client),
};

/** A host may have its own copy of the SDK, whose clients are no instances of ours. */
function isReady(given: ResolvedOptions['client']): given is SESv2Client {
  return given instanceof SESv2Client || typeof (given as Partial<SESv2Client>).send === 'function';
}
