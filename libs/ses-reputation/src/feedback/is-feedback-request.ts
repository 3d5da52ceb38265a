import type { IncomingMessage } from 'node:http';

export interface FeedbackLocation {
  /** Route of the feedback controller, without slashes at its ends. */
  path: string;
  /** The host's global prefix, or an empty text. */
  prefix: string;
}

/**
 * Whether a request is for the feedback route. Under the global prefix or, as its exclusions allow, without it;
 * behind any other prefix (`RouterModule`) only if the request says it is of SNS's, because there it might be a
 * route of the host's own that ends alike.
 */
export function isFeedbackRequest(
  { method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  { path, prefix }: FeedbackLocation,
): boolean {
  if (method !== 'POST') return false;
  const asked = normalized(url.replace(/[?#].*$/s, ''));
  const route = normalized(path);
  if (asked === route || asked === normalized(`${prefix}/${path}`)) return true;
  return asked.endsWith(route) && headers['x-amz-sns-message-type'] !== undefined;
}

/** Routers ignore case, by default, and a slash at the end. */
function normalized(path: string): string {
  return `/${path}`.replace(/\/+/g, '/').replace(/\/$/, '').toLowerCase();
}
