import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import { accessDenied, CloudWatchApiError, unknownOperation } from './errors.js';
import { JSON_PROTOCOL } from './json-protocol.js';
import type { FigureSource } from './metrics.js';
import { OPERATIONS } from './operations.js';
import type { Protocol } from './protocol.js';
import { QUERY_PROTOCOL } from './query-protocol.js';

/** What goes wrong with CloudWatch, on demand. */
export interface CloudWatchFaults {
  /** CloudWatch answers 503. */
  outage?: boolean;
  /** Operations that IAM forbids. */
  denied?: readonly string[];
}

const PROTOCOLS = [JSON_PROTOCOL, QUERY_PROTOCOL];

/** Amazon CloudWatch, as far as it tells of SES's reputation. */
export class CloudWatchService {
  private faults: CloudWatchFaults = {};

  constructor(private readonly figures: FigureSource) {}

  /** Operations it knows. */
  static readonly operations: readonly string[] = [...OPERATIONS.keys()];

  handles(request: SimulatorRequest): boolean {
    return PROTOCOLS.some((protocol) => protocol.operationOf(request) !== undefined);
  }

  /** Faults from now on, in place of those before. */
  fail(faults: CloudWatchFaults): void {
    this.faults = faults;
  }

  handle(request: SimulatorRequest): SimulatorResponse {
    const protocol = PROTOCOLS.find((known) => known.operationOf(request) !== undefined)!;
    try {
      return this.answer(protocol, protocol.operationOf(request)!, request);
    } catch (error) {
      if (error instanceof CloudWatchApiError) return protocol.refuse(error);
      throw error;
    }
  }

  private answer(protocol: Protocol, name: string, request: SimulatorRequest): SimulatorResponse {
    checkAuthorization(request);
    const { outage, denied = [] } = this.faults;
    if (outage)
      throw new CloudWatchApiError(
        'ServiceUnavailable',
        'ServiceUnavailable',
        503,
        'CloudWatch is down, as asked for.',
      );
    const operation = OPERATIONS.get(name);
    if (!operation)
      throw unknownOperation(
        `The simulated CloudWatch has no operation named ${name}. It knows: ${CloudWatchService.operations.join(', ')}.`,
      );
    if (denied.includes(name))
      throw accessDenied(`User is not authorized to perform: cloudwatch:${name}, as asked for.`);
    return protocol.answer(name, operation(protocol.read(request), this.figures));
  }
}

/** The signature isn't checked: no test has Amazon's keys. That there is one, and for CloudWatch, is. */
function checkAuthorization({ headers, query }: SimulatorRequest): void {
  const signed = String(headers.authorization ?? query.get('X-Amz-Credential') ?? '');
  if (!/\/monitoring\/aws4_request\b/.test(signed))
    throw new CloudWatchApiError(
      'MissingAuthenticationTokenException',
      'MissingAuthenticationToken',
      403,
      'Missing Authentication Token',
    );
}
