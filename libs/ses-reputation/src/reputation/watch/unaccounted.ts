import { rate } from '../rate.js';

/** From which size mail from elsewhere is told of. */
export interface UnaccountedRules {
  volume: number;
  /** From 0 to 1. */
  share: number;
}

/** So much mail from elsewhere, of all mail. */
export interface ForeignMail {
  volume: number;
  of: number;
}

/** A share that is so many times the usual one is sudden. */
const SUDDEN = 2;

/** It is told of once it is over both; again only after it fell below half of one. */
export function isOver({ volume, of }: ForeignMail, rules: UnaccountedRules): boolean {
  return volume >= rules.volume && rate(volume, of) >= rules.share;
}

export function isGone({ volume, of }: ForeignMail, rules: UnaccountedRules): boolean {
  return volume < rules.volume / 2 || rate(volume, of) < rules.share / 2;
}

/**
 * Whether a day's share is far above the usual one, and its volume too: on a day without mail of one's own, what
 * is usual from elsewhere is a large share. Where nothing is usual yet, all is sudden.
 *
 * @param usual of so many days
 */
export function isSudden(day: ForeignMail, usual: ForeignMail, days: number): boolean {
  const share = rate(day.volume, day.of) >= SUDDEN * rate(usual.volume, usual.of);
  return share && day.volume >= (SUDDEN * usual.volume) / days;
}

/** What SES counted beyond our own counts. */
export function hiddenMail(sentLast24Hours: number, counted: number): ForeignMail {
  return { volume: Math.max(0, Math.round(sentLast24Hours) - counted), of: Math.round(sentLast24Hours) };
}

/** What is remembered of mail beyond our own counts. Times are milliseconds since the epoch. */
export interface HiddenState {
  /** Since when it is over the limits without a break; `null`: it isn't. */
  since: number | null;
  told: boolean;
}

/**
 * It has to last: what SES has taken a moment ago is not counted here yet.
 *
 * @param now when SES was asked
 */
export function judgeHidden(
  state: HiddenState,
  mail: ForeignMail,
  rules: UnaccountedRules,
  { now, lastsMs }: { now: number; lastsMs: number },
): HiddenState {
  if (state.told) return isGone(mail, rules) ? { since: null, told: false } : state;
  if (!isOver(mail, rules)) return { since: null, told: false };
  const since = state.since ?? now;
  return { since, told: now - since >= lastsMs };
}
