import type { EntityManager } from 'typeorm';
import type { Raise } from '../events/event-outbox.js';
import type { AmazonRates } from './amazon/amazon-rates.js';
import type { ReputationReport } from './report.js';

/** What a check found out. */
export interface CheckFindings {
  /** Milliseconds since the epoch. */
  now: number;
  /** Of this check, unlike that of any other check of any application: ids of what it raises begin with it. */
  id: string;
  /** Of the account, with the levels of this check. */
  report: ReputationReport;
  /** What Amazon gave in this check; `null` if nothing. */
  amazonRates: AmazonRates | null;
}

/** Something that is decided with each check, in the check's own transaction. */
export interface CheckStep {
  /** Must do nothing but database work on `tx`; it may run several times. Steps of two checks of one application never run at once. */
  decide(tx: EntityManager, findings: CheckFindings, raise: Raise): Promise<void>;
  /** Called when the transaction is committed. */
  decided?(): void;
}

/** Injection token of the steps, in order. */
export const CHECK_STEPS = Symbol('CHECK_STEPS');
