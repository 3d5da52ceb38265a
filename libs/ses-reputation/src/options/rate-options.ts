/** How fast this application sends. */
export interface RateOptions {
  /**
   * The most recipients a second, all instances together. Used where SES's own figure is not known (IAM forbids
   * `ses:GetAccount`), and below it where it is. Default: as SES says.
   */
  perSecond?: number;
  /** Share of the rate and of the 24-hour quota that only critical streams may use. Default 0.1. */
  reserve?: number;
  /** A send that has waited for its turn for so long fails with `SendThrottledError`. Default: it waits. */
  maxWaitMs?: number;
  /** An ioredis client, which its owner closes: instances share the rate there. Default: in the database. */
  redis?: RateRedis;
  /**
   * Which account's rate it is: applications that share a database (or Redis) and not the account take a name each.
   * Default: the client's region.
   */
  name?: string;
}

/** As far as a client of ioredis is used. */
export interface RateRedis {
  get(key: string): Promise<string | null>;
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** {@link RateOptions}, checked. */
export interface ResolvedRate {
  perSecond: number | null;
  reserve: number;
  maxWaitMs: number | null;
  redis: RateRedis | null;
  name: string | null;
}
