import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { snsHost } from './amazon-names.js';
import { OutsideSimulatorError } from './errors.js';

/**
 * A `fetch` that plays Amazon's SNS host of one region within the process. It never reaches the network: a
 * request for anything else is a mistake in a test, or an attack that got through, and rejects.
 */
export function createAmazonFetch(
  region: string,
  endpoint: () => string,
  handle: (request: SimulatorRequest) => Promise<SimulatorResponse>,
): typeof fetch {
  const host = snsHost(region);
  return async (input, init) => {
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    const url = new URL(request.url);
    const isOurs =
      url.protocol === 'https:' && url.host === host && url.username === '' && url.password === '';
    if (!isOurs || request.method !== 'GET') {
      throw new OutsideSimulatorError(
        `${request.method} ${request.url} would reach the network. This fetch answers GET https://${host}/… only; ` +
          `the same paths answer at ${endpoint()}`,
      );
    }
    const { status, headers, body } = await handle({
      method: 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(request.headers),
      body: Buffer.alloc(0),
    });
    request.signal.throwIfAborted();
    return new Response(body, { status, headers });
  };
}
