import type { SimulatorRequest } from '../http.js';
import { Members } from './members.js';
import { badRequest, SesApiError } from './ses-error.js';

/** One call, after routing: decoded path parameters, query and body. */
export interface ApiCall {
  path: Record<string, string>;
  query: URLSearchParams;
  body: Members;
  sourceIp: string;
}

export interface Route {
  operation: string;
  method: string;
  /** Segments after `/v2/email/`; `{Name}` stands for one percent-encoded segment. */
  pattern: string[];
  handle: (call: ApiCall) => object | void;
}

export function route(operation: string, method: string, path: string, handle: Route['handle']): Route {
  return { operation, method, pattern: path.split('/'), handle };
}

const PREFIX = '/v2/email/';

/** The route of a request and the call it makes of it. What no route matches is an `UnknownOperationException`. */
export function findRoute(routes: Route[], request: SimulatorRequest): { route: Route; call: () => ApiCall } {
  const segments = request.path.startsWith(PREFIX)
    ? request.path.slice(PREFIX.length).replace(/\/$/, '').split('/')
    : [];
  for (const candidate of routes) {
    if (candidate.method !== request.method || candidate.pattern.length !== segments.length) continue;
    const path = matchSegments(candidate.pattern, segments);
    if (path) {
      const call = () => ({
        path,
        query: request.query,
        body: Members.parse(request.body),
        sourceIp: '127.0.0.1',
      });
      return { route: candidate, call };
    }
  }
  throw new SesApiError(
    'UnknownOperationException',
    404,
    `${request.method} ${request.path} is not an operation of this SES simulator. It knows: ${routes.map((known) => known.operation).join(', ')}.`,
  );
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | null {
  const path: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const given = segments[index] ?? '';
    if (!expected.startsWith('{')) {
      if (given !== expected) return null;
    } else {
      if (given === '') return null;
      path[expected.slice(1, -1)] = decode(given);
    }
  }
  return path;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`"${segment}" is not percent-encoded UTF-8.`);
  }
}
