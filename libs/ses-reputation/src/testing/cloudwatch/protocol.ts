import type { SimulatorRequest, SimulatorResponse } from '../http.js';
import type { CloudWatchApiError } from './errors.js';
import type { Fields } from './fields.js';
import type { Result } from './operations.js';

/** One way of writing CloudWatch's requests and answers. */
export interface Protocol {
  /** `undefined`: the request is not for CloudWatch in this protocol. */
  operationOf(request: SimulatorRequest): string | undefined;
  /** @throws CloudWatchApiError */
  read(request: SimulatorRequest): Fields;
  answer(operation: string, result: Result): SimulatorResponse;
  refuse(error: CloudWatchApiError): SimulatorResponse;
}
