import { randomUUID } from 'node:crypto';
import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { SnsApiError } from './errors.js';
import type { Operations } from './operations.js';
import { QueryParameters } from './query-parameters.js';
import { subscriptionActions } from './subscription-actions.js';
import { topicActions } from './topic-actions.js';
import { SNS_NAMESPACE, toXml, type XmlElements } from './xml.js';

export interface Caller {
  /** The request is signed. The signature itself is not checked: any credentials will do. */
  authenticated: boolean;
}

/** Does what a request asks. What it gives back is the content of the `…Result` element. */
export type Action = (
  operations: Operations,
  parameters: QueryParameters,
  caller: Caller,
) => XmlElements | void;

const ACTIONS = new Map(Object.entries({ ...topicActions, ...subscriptionActions }));

/** Parameters of a Query API request, or undefined if this is none. GET carries them in the URL, POST in the body. */
export function queryParametersOf({
  method,
  path,
  query,
  body,
}: SimulatorRequest): URLSearchParams | undefined {
  if (path !== '/') return undefined;
  if (method === 'GET') return query.has('Action') ? query : undefined;
  if (method !== 'POST') return undefined;
  const parameters = new URLSearchParams(body.toString('utf8'));
  for (const [name, value] of query) if (!parameters.has(name)) parameters.append(name, value);
  return parameters.has('Action') ? parameters : undefined;
}

/** @see https://docs.aws.amazon.com/sns/latest/api/Welcome.html */
export function answerQuery(
  operations: Operations,
  parameters: URLSearchParams,
  caller: Caller,
): SimulatorResponse {
  const requestId = randomUUID();
  const name = parameters.get('Action') ?? '';
  try {
    const action = ACTIONS.get(name);
    if (!action) {
      throw new SnsApiError('InvalidAction', `The simulated SNS has no operation named ${name}.`, 400);
    }
    const result = action(operations, new QueryParameters(parameters), caller);
    return document(200, `${name}Response`, requestId, {
      ...(result && { [`${name}Result`]: result }),
      ResponseMetadata: { RequestId: requestId },
    });
  } catch (error) {
    if (error instanceof SnsApiError) return errorDocument(error, requestId);
    throw error;
  }
}

export function errorDocument(error: SnsApiError, requestId: string = randomUUID()): SimulatorResponse {
  return document(error.status, 'ErrorResponse', requestId, {
    Error: {
      Type: error.status < 500 ? 'Sender' : 'Receiver',
      Code: error.code,
      Message: error.message,
    },
    RequestId: requestId,
  });
}

function document(status: number, root: string, requestId: string, content: XmlElements): SimulatorResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: `<?xml version="1.0"?>\n<${root} xmlns="${SNS_NAMESPACE}">${toXml(content)}</${root}>\n`,
  };
}
