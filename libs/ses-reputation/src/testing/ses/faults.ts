import {
  FLAG,
  isObject,
  listOf,
  objectOf,
  oneOf,
  wholeNumber,
  type Rule,
  type RulesFor,
} from '../members-check.js';

/** What goes wrong with the SES API, on demand. */
export interface SesFaults {
  /** So many sending calls, or all while true, are answered 429 "Maximum sending rate exceeded." */
  throttle?: number | boolean;
  /** So many sending calls, or all while true, are answered 429 "Daily message quota exceeded." */
  quotaExceeded?: number | boolean;
  /**
   * What the next entries of `SendBulkEmail` are answered, in turn: `['TRANSIENT_FAILURE', 'SUCCESS', 'FAILED']`.
   * Nothing is sent of one that is not `SUCCESS`.
   */
  bulkStatuses?: string[];
  /** SES is down. `true` answers every call with 503. */
  sesOutage?: boolean | SesOutage;
  /** Operations that IAM forbids, such as `['GetAccount']`; those of CloudWatch too. Answered 403 `AccessDenied…`. */
  denied?: string[];
}

export interface SesOutage {
  /**
   * `status`: an answer of 5xx and nothing done. `cut-before`: the connection is cut and nothing done.
   * `cut-after`: the call is carried out, mail accepted, and the connection cut before the answer. Default
   * `status`.
   */
  kind?: 'status' | 'cut-before' | 'cut-after';
  /** Default 503. */
  status?: number;
  /** How many calls it hits. Default all, until `fail` is called again. */
  calls?: number;
  /** Only these operations, such as `['SendEmail']`. Default every one. */
  operations?: string[];
}

const CALLS = wholeNumber('a whole number of calls, 0 or more', 0);
const CALLS_OR_ALL: Rule = {
  expected: `${CALLS.expected}, or true for all`,
  ofType: (value) => FLAG.ofType(value) || CALLS.ofType(value),
  inRange: (value) => FLAG.ofType(value) || CALLS.inRange!(value),
};

/** SES API reference, `BulkEmailEntryResult.Status`. */
const BULK_STATUSES = [
  'SUCCESS',
  'MESSAGE_REJECTED',
  'MAIL_FROM_DOMAIN_NOT_VERIFIED',
  'CONFIGURATION_SET_NOT_FOUND',
  'TEMPLATE_NOT_FOUND',
  'ACCOUNT_SUSPENDED',
  'ACCOUNT_THROTTLED',
  'ACCOUNT_DAILY_QUOTA_EXCEEDED',
  'INVALID_SENDING_POOL_NAME',
  'ACCOUNT_SENDING_PAUSED',
  'CONFIGURATION_SET_SENDING_PAUSED',
  'INVALID_PARAMETER',
  'TRANSIENT_FAILURE',
  'FAILED',
];

/** What faults of SES may be, given the names of its operations, and of others that IAM may forbid. */
export function sesFaultRules(operations: readonly string[], others: readonly string[]): RulesFor<SesFaults> {
  const outage: RulesFor<SesOutage> = {
    kind: oneOf('status', 'cut-before', 'cut-after'),
    status: wholeNumber('a status from 500 to 599', 500, 599),
    calls: CALLS,
    operations: listOf(`a list of operations out of ${operations.join(', ')}`, (name) =>
      operations.includes(name),
    ),
  };
  const details = objectOf(outage);
  const known = [...operations, ...others];
  return {
    throttle: CALLS_OR_ALL,
    quotaExceeded: CALLS_OR_ALL,
    bulkStatuses: listOf(`a list of statuses out of ${BULK_STATUSES.join(', ')}`, (status) =>
      BULK_STATUSES.includes(status),
    ),
    denied: listOf(`a list of operations out of ${known.join(', ')}`, (name) => known.includes(name)),
    sesOutage: {
      ...details,
      expected: `true, false or ${details.expected}`,
      ofType: (value) => FLAG.ofType(value) || isObject(value),
    },
  };
}

/** Counts the faults that were asked for down as calls run into them. */
export class FaultPlan {
  private throttled: number;
  private overQuota: number;
  private readonly denied: ReadonlySet<string>;
  private readonly bulkStatuses: string[];
  private outage: Required<Omit<SesOutage, 'operations'>> & Pick<SesOutage, 'operations'>;

  constructor(faults: SesFaults) {
    this.throttled = count(faults.throttle);
    this.overQuota = count(faults.quotaExceeded);
    this.denied = new Set(faults.denied);
    this.bulkStatuses = [...(faults.bulkStatuses ?? [])];
    const { sesOutage: given = false } = faults;
    const all = given === false ? 0 : Number.POSITIVE_INFINITY;
    const { kind = 'status', status = 503, calls = all, operations } = typeof given === 'object' ? given : {};
    this.outage = { kind, status, calls, operations };
  }

  /** The outage that this call runs into, if any. */
  takeOutage(operation: string): { kind: NonNullable<SesOutage['kind']>; status: number } | null {
    const { operations, calls } = this.outage;
    if (calls <= 0 || (operations && !operations.includes(operation))) return null;
    this.outage.calls -= 1;
    return this.outage;
  }

  isDenied(operation: string): boolean {
    return this.denied.has(operation);
  }

  /** What this entry of a bulk call is answered instead of being sent, if anything. */
  takeBulkStatus(): string | null {
    const status = this.bulkStatuses.shift() ?? 'SUCCESS';
    return status === 'SUCCESS' ? null : status;
  }

  /** How this sending call is throttled, if it is. */
  takeThrottle(): 'rate' | 'quota' | null {
    if (this.throttled > 0) {
      this.throttled -= 1;
      return 'rate';
    }
    if (this.overQuota > 0) {
      this.overQuota -= 1;
      return 'quota';
    }
    return null;
  }
}

function count(given: number | boolean | undefined): number {
  if (given === true) return Number.POSITIVE_INFINITY;
  if (given === undefined || given === false) return 0;
  return given;
}
