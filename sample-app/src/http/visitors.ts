import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

/**
 * Whether another site's page makes the browser send this request. The shop has no login, so a form on any web
 * page could otherwise post to the shop on the visitor's own machine. Programs send neither header.
 */
export function comesFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && hostOf(origin) !== headers.host;
}

/**
 * Whether a request to a server that listens for this machine only asks for a name that is not this machine's:
 * a web page whose own name was made to resolve to 127.0.0.1 (DNS rebinding), to read what is shown here.
 */
export function asksForForeignName(boundTo: string, headers: IncomingHttpHeaders): boolean {
  if (!LOOPBACK_NAMES.has(boundTo)) return false;
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  return !LOOPBACK_NAMES.has(name.toLowerCase());
}

/** A browser that shows pages, rather than a program that wants JSON. */
export function wantsHtml(headers: IncomingHttpHeaders): boolean {
  return /\btext\/html\b/i.test(headers.accept ?? '');
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
