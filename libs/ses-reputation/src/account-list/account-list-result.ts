/** Why a sync ended before its end. */
export type AccountListStop =
  /** IAM forbids the call. */
  | 'denied'
  /** SES lets sandbox accounts put nothing on the list. */
  | 'sandbox'
  /** SES kept answering that there are too many calls. */
  | 'throttled'
  /** SES could not be reached, or failed. */
  | 'unavailable'
  /** By `signal`, or since the application closes. */
  | 'aborted'
  /** Another run, in this or another process, goes on where this one was. */
  | 'taken-over';

/** An address that SES would not take or delete, or that could not be read. */
export interface RejectedEntry {
  /** Cut at 320 characters. */
  address: string;
  why: string;
}

export interface AccountListCounts {
  /** Entries that SES listed. */
  seen: number;
  /** Newly suppressed here, since SES lists them. */
  added: number;
  /** No longer suppressed here, since SES lists them no more. */
  removed: number;
  /** Put on SES's list. */
  pushed: number;
  /** Spellings deleted from SES's list. */
  deleted: number;
}

export interface AccountListResult extends AccountListCounts {
  /** The first 1,000 entries that could not be handled, and why. */
  rejected: RejectedEntry[];
  /** How many more; absent if none. */
  omitted?: number;
  /** Entries that SES lists no more, and that are kept all the same: too many at once to be believed. */
  held: number;
  /** Why they are kept, and what to do about it; `null` if none are. */
  heldBecause: string | null;
  /** Both lists were gone through to their end. */
  complete: boolean;
  /** Where it ended early: the next run goes on there. */
  stopped: { reason: AccountListStop; message: string } | null;
}

export interface AccountListRunOptions {
  /** Ends the run before its next call. */
  signal?: AbortSignal;
  /** After each page and each address, with the counts so far. */
  onProgress?: (counts: AccountListCounts) => void;
}

export interface AccountListPullOptions extends AccountListRunOptions {
  /** Remove what SES lists no more, however much it is: see {@link AccountListResult.held}. Default `false`. */
  acceptRemovals?: boolean;
}

export interface AccountListPushOptions extends AccountListRunOptions {
  /** Try again what SES refused before, e.g. after the account has left the sandbox. Default `false`. */
  retryRefused?: boolean;
}

export interface AccountListStatus {
  /** A run is under way, in any process. */
  running: boolean;
  /** Spellings on SES's list, as far as is known. */
  listed: number;
  /** Addresses that SES would not take or delete. */
  refused: number;
  /** End of the last pull that went through. */
  pulledAt: Date | null;
  /** Entries that the last pull held: see {@link AccountListResult.held}. */
  held: number;
  /** Start of a pull that is not finished; `null` if there is none. */
  pullingSince: Date | null;
  /** End of the last push that went through. */
  pushedAt: Date | null;
  /** Calls that this process leaves out until then, since SES does not allow them. */
  idle: { operation: string; reason: 'denied' | 'sandbox'; until: Date }[];
}

const MOST_REJECTED = 1_000;

/** Keeps count of one run. */
export class AccountListTally implements AccountListCounts {
  seen = 0;
  added = 0;
  removed = 0;
  pushed = 0;
  deleted = 0;
  private held = 0;
  private heldBecause: string | null = null;
  private readonly rejected: RejectedEntry[] = [];
  private omitted = 0;

  hold(entries: number, why: string): void {
    this.held = entries;
    this.heldBecause = why;
  }

  reject(entries: readonly RejectedEntry[]): void {
    const taken = entries.slice(0, MOST_REJECTED - this.rejected.length);
    this.rejected.push(...taken);
    this.omitted += entries.length - taken.length;
  }

  counts(): AccountListCounts {
    const { seen, added, removed, pushed, deleted } = this;
    return { seen, added, removed, pushed, deleted };
  }

  result(stopped: AccountListResult['stopped']): AccountListResult {
    const { rejected, omitted, held, heldBecause } = this;
    const more = omitted > 0 ? { omitted } : {};
    return { ...this.counts(), rejected, ...more, held, heldBecause, complete: stopped === null, stopped };
  }
}
