import { SESv2Client, type SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import type { FactoryProvider } from '@nestjs/common';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { SES_CLIENT } from './tokens.js';

/** For 400 mails a second where SES answers in half a second. Kept open, and made only as sends need them. */
const SOCKETS = 200;

/** A send that waits for ever would block the request behind it; the SDK sets no limits by itself. */
const HANDLER = {
  connectionTimeout: 5_000,
  socketTimeout: 60_000,
  httpAgent: { keepAlive: true, maxSockets: SOCKETS },
  httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
};

/** A client that this module made, and so closes. */
export class OwnSesClient extends SESv2Client {
  constructor(config: SESv2ClientConfig) {
    // Nothing changes its middleware, so it is put together once for each kind of call. A retry strategy of the
    // SDK's first kind would leave a word more in each request that shares it.
    const { requestHandler, ...others } = config;
    const cacheMiddleware = config.retryStrategy === undefined;
    super({ cacheMiddleware, ...others, requestHandler: withLimits(requestHandler) });
  }
}

/** A host's settings are put over ours; a ready handler is taken as it is. */
function withLimits(given: SESv2ClientConfig['requestHandler']): SESv2ClientConfig['requestHandler'] {
  return given && 'handle' in given ? given : { ...HANDLER, ...given };
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
