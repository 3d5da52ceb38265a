import { randomUUID } from 'node:crypto';
import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { queryParametersOf } from '../sns/query-api.js';
import { toXml, xmlMembers, type XmlContent, type XmlElements } from '../sns/xml.js';
import { invalidValue, type CloudWatchApiError } from './errors.js';
import { Fields } from './fields.js';
import type { Result } from './operations.js';
import type { Protocol } from './protocol.js';

const VERSION = '2010-08-01';
/** More than any parameter has. */
const MOST_STEPS = 16;
const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

/** The query protocol, which older SDKs and AWS CLIs speak to CloudWatch. SNS has it too, in another version. */
export const QUERY_PROTOCOL: Protocol = {
  operationOf(request) {
    const parameters = queryParametersOf(request);
    return parameters?.get('Version') === VERSION ? (parameters.get('Action') ?? undefined) : undefined;
  },
  read: (request: SimulatorRequest) => Fields.of(nested(queryParametersOf(request)!)),
  answer: (operation: string, result: Result) =>
    respond(200, `${operation}Response`, {
      [`${operation}Result`]: written(result),
      ResponseMetadata: { RequestId: randomUUID() },
    }),
  refuse: (error: CloudWatchApiError) =>
    respond(error.status, 'ErrorResponse', {
      Error: {
        Type: error.status < 500 ? 'Sender' : 'Receiver',
        Code: error.code,
        Message: error.message,
      },
      RequestId: randomUUID(),
    }),
};

type Tree = Map<string, Tree | string>;

/** `A.member.1.B=x` stands for a structure with a list `A` of structures with `B`. */
function nested(parameters: URLSearchParams): unknown {
  const tree: Tree = new Map();
  for (const [name, value] of parameters) {
    const steps = name.split('.');
    if (steps.length > MOST_STEPS)
      throw invalidValue(`There is no parameter nested as deep as ${name.slice(0, 50)}…`);
    let at = tree;
    for (const step of steps.slice(0, -1)) {
      const next = at.get(step);
      const branch: Tree = next instanceof Map ? next : new Map();
      at.set(step, branch);
      at = branch;
    }
    at.set(steps.at(-1)!, value);
  }
  return unfolded(tree);
}

function unfolded(tree: Tree | string): unknown {
  if (typeof tree === 'string') return tree;
  const members = tree.get('member');
  if (members instanceof Map && tree.size === 1) {
    const numbered = [...members].toSorted(([a], [b]) => Number(a) - Number(b));
    return numbered.map(([, member]) => unfolded(member));
  }
  return Object.fromEntries([...tree].map(([name, value]) => [name, unfolded(value)]));
}

function written(value: unknown): XmlContent {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return xmlMembers(value.map(written) as XmlElements[]);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, written(one)]));
}

function respond(status: number, root: string, content: XmlContent): SimulatorResponse {
  const xml = toXml({ [root]: content });
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': randomUUID() },
    body: `<?xml version="1.0"?>\n${xml.replace(`<${root}>`, `<${root} xmlns="${NAMESPACE}">`)}\n`,
  };
}
