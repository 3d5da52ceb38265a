import type { AccountOptions } from './ses/account.js';
import type { SesFaults } from './ses/faults.js';
import type { TransportFaults } from './sns/faults.js';
import type { SnsServiceOptions } from './sns/sns-service.js';

/** What `SesSimulator.start` takes. */
export interface SesSimulatorOptions extends AccountOptions {
  /** Default: a free one. */
  port?: number;
  /** Default `us-east-1`. */
  region?: string;
  /** Twelve digits. Default `123456789012`. */
  account?: string;
  /** Calls a second that SES answers apart from sending. Default no limit; Amazon's is 1. */
  apiRate?: number;
  /** How SNS tries again. Default as Amazon does: 4 attempts, 20 s apart. */
  retry?: SnsServiceOptions['retry'];
  /** Of the topic it starts with. Default 1, as at Amazon. */
  signatureVersion?: '1' | '2';
  /** Verified identities to start with. Once there is one, every sender has to be. Default none. */
  identities?: string[];
  /** Milliseconds since the epoch: what quota, rate and time stamps go by. Default `Date.now`. */
  now?: () => number;
}

/** Faults of SES and of SNS. Each call of `fail` replaces all that were asked for before. */
export interface SimulatorFaults extends SesFaults, Omit<TransportFaults, 'outage'> {
  /** SNS is down: its API, its certificates and its confirmation links answer 503. Deliveries go on. */
  snsOutage?: boolean;
  /** CloudWatch is down: its API answers 503. */
  cloudWatchOutage?: boolean;
}
