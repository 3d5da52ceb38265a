import { SesReputationConfigError } from '../errors.js';
import { Section, wrong } from './check.js';
import type { QueueOptions } from './ses-reputation-options.js';

const URL_RULE =
  "a queue's URL such as https://sqs.eu-west-1.amazonaws.com/123456789012/ses-feedback (a standard queue, not a FIFO one)";

/** @throws SesReputationConfigError that names the key, what was expected and what it got */
export function resolveQueues(given: unknown): Required<QueueOptions>[] {
  if (given === undefined) return [];
  // Not shown: it may hold credentials.
  if (!Array.isArray(given))
    throw new SesReputationConfigError(`feedback.queues is no list — expected [{ url }], with ${URL_RULE}`);
  const queues = given.map((queue, i) => resolveQueue(`feedback.queues[${i}]`, queue));
  for (const [i, { url }] of queues.entries()) {
    if (queues.findIndex((other) => other.url === url) < i)
      throw new SesReputationConfigError(
        `feedback.queues[${i}].url is there already — expected each queue once; concurrency reads one faster`,
      );
  }
  return queues;
}

function resolveQueue(name: string, given: unknown): Required<QueueOptions> {
  const keys = ['url', 'client', 'concurrency', 'waitTimeSeconds', 'visibilityTimeoutSeconds'];
  // A URL by itself is a likely mistake, and Section would take `undefined` for an object without keys.
  if (typeof given !== 'object' || given === null) throw wrong(name, given, `{ url: ${URL_RULE} }`);
  const queue = new Section(name, given, keys);
  const url = queue.raw('url');
  if (!isQueueUrl(url)) throw wrong(queue.path('url'), url, URL_RULE);
  return {
    url,
    client: queue.get('client', {}, 'an SQSClient or its configuration', isObject),
    // One client holds at most 50 connections, and each batch may want one to receive and one to delete by.
    concurrency: queue.wholeNumber('concurrency', 4, 1, 20),
    waitTimeSeconds: queue.wholeNumber('waitTimeSeconds', 20, 1, 20),
    visibilityTimeoutSeconds: queue.wholeNumber('visibilityTimeoutSeconds', 60, 1, 43_200),
  };
}

/** Of any host: private endpoints and local stand-ins have their own. */
function isQueueUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username } = new URL(value);
  const isPlain = search === '' && hash === '' && username === '';
  return isPlain && /^https?:$/.test(protocol) && /^\/.+[^/]$/.test(pathname) && !pathname.endsWith('.fifo');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
