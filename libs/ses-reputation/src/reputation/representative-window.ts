import { MINUTE_MS } from './bucket-width.js';

/** The counts of one bucket that rates are made of. */
export interface WindowBucket {
  /** Milliseconds since the epoch. */
  start: number;
  minutes: number;
  sent: number;
  excluded: number;
  unaccounted: number;
  hardBounces: number;
  complaints: number;
}

export interface RepresentativeWindow {
  /** Start of its oldest bucket, in milliseconds since the epoch; `null` if no mail was counted. */
  from: number | null;
  /** Eligible emails in it. */
  volume: number;
  hardBounces: number;
  complaints: number;
  unaccounted: number;
}

/**
 * SES's time of a mail is a moment before its answer, from which the mail is counted: its feedback may stand
 * in an earlier minute than itself.
 */
export const BOOKING_SKEW_MS = 2 * MINUTE_MS;

/** Emails that count: what the account's own suppression list kept back never went out. */
export function eligible({ sent, excluded }: Pick<WindowBucket, 'sent' | 'excluded'>): number {
  return Math.max(0, sent - excluded);
}

/**
 * The newest `volume` eligible emails, as Amazon takes rates over a representative volume and no fixed time.
 *
 * The oldest bucket is taken whole, so that the window may hold more than `volume`, by less than what that
 * one bucket holds. The window never begins before the first counted mail: feedback for mail sent before
 * anything was counted would have no volume to stand against.
 */
export function representativeWindow(
  newestFirst: readonly WindowBucket[],
  volume: number,
): RepresentativeWindow {
  const window: RepresentativeWindow = {
    from: null,
    volume: 0,
    hardBounces: 0,
    complaints: 0,
    unaccounted: 0,
  };
  let withoutMail: WindowBucket[] = [];
  for (const bucket of newestFirst) {
    if (window.volume >= volume) return window;
    if (eligible(bucket) === 0) {
      withoutMail.push(bucket);
      continue;
    }
    for (const each of [...withoutMail, bucket]) add(window, each);
    withoutMail = [];
    window.from = bucket.start;
  }
  const { from } = window;
  if (from === null) return window;
  for (const each of withoutMail) if (each.start >= from - BOOKING_SKEW_MS) add(window, each);
  return window;
}

function add(window: RepresentativeWindow, bucket: WindowBucket): void {
  window.volume += eligible(bucket);
  window.hardBounces += bucket.hardBounces;
  window.complaints += bucket.complaints;
  window.unaccounted += bucket.unaccounted;
}
