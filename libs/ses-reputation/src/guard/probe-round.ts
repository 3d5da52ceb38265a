import { rate } from '../reputation/rate.js';
import type { ReputationRules } from '../reputation/report.js';
import type { ProbeRound } from './stream-guard.js';

/** Eligible emails, and what came of them. */
export interface MailCounts {
  volume: number;
  hardBounces: number;
  complaints: number;
}

/** The stream's mail since a round began. */
export interface RoundTally {
  all: MailCounts;
  /** The part of it that was sent up to `fullAt` (all, if it is `null`). */
  settled: MailCounts;
  /** Of this round and of those before it in the probe: what comes late is about them. */
  probe: MailCounts;
}

export interface ProbeRules {
  /** Share of the first round. */
  share: number;
  /** A round is judged once it holds so many emails. */
  volume: number;
  limits: ReputationRules['limits'];
  /** Complaints are the trouble: a round is not good before they had time to come. */
  complaints: boolean;
}

/**
 * `good`, `bad`; `unclear`: too few bounces or complaints to tell, of too few emails; `silent`: too little mail to tell
 * anything by; `open`: goes on, with these marks.
 */
export type Verdict =
  | { is: 'good' | 'unclear' | 'silent' }
  | { is: 'bad'; counts: MailCounts }
  | { is: 'open'; round: ProbeRound };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Most bounces come within seconds; the newest email of a full round gets so long, and the next check's time. */
const BOUNCES_MS = MINUTE_MS;
/** Complaints come when people read: few within the first hour, most of them within some. */
const COMPLAINTS_MS = 6 * HOUR_MS;
/** A round with little mail is judged by what it has after this. */
const LITTLE_MAIL_MS = HOUR_MS;
/** And one with a bounce or two of little mail, which could be chance or not, goes on no longer than this. */
const LONGEST_MS = 24 * HOUR_MS;
/** What is older is no evidence of what the stream is now; and so long mail is counted by the minute. */
const PROBE_MS = 48 * HOUR_MS;
/** Counts of an instance whose database was away come within this after it is back. */
const LATE_COUNTS_MS = MINUTE_MS;
/** A single bounce of a few emails is a high rate, and says nothing. */
const LEAST_BOUNCES = 3;
const LEAST_COMPLAINTS = 2;

/**
 * The first round of a probe. A round begins with the next full minute: mail is counted by the minute, and that of
 * before is not its own. The probe's mail is counted from a minute earlier, in which none goes out: bounces are booked
 * by the clock of SES, which may be behind.
 */
export function firstRound(share: number, now: number, pausedAt: number): ProbeRound {
  const startedAt = nextMinute(now);
  const probeFrom = Math.min(startedAt, Math.max(startedAt - MINUTE_MS, nextMinute(pausedAt)));
  return { share, startedAt, probeFrom, heldAt: null, fullAt: null, quietAt: null, proven: false };
}

/** The round after another one of the same probe. */
export function nextRound(before: ProbeRound, share: number, now: number, proven: boolean): ProbeRound {
  const probeFrom = Math.max(before.probeFrom, nextMinute(now - PROBE_MS));
  return {
    share,
    startedAt: nextMinute(now),
    probeFrom,
    heldAt: null,
    fullAt: null,
    quietAt: null,
    proven,
  };
}

export function judgeRound(round: ProbeRound, tally: RoundTally, rules: ProbeRules, now: number): Verdict {
  const { all, settled, probe } = tally;
  // Bad whatever the rest of a full round brings: nothing to wait for.
  for (const counts of [all, probe]) {
    if (isBad({ ...counts, volume: Math.max(counts.volume, rules.volume) }, rules))
      return { is: 'bad', counts };
  }
  const age = now - (round.heldAt ?? round.startedAt);
  if (round.fullAt !== null) {
    const waitMs = rules.complaints ? COMPLAINTS_MS : BOUNCES_MS;
    if (now - round.fullAt >= waitMs) return judged(settled, rules);
  } else if (all.volume === 0) {
    if (round.quietAt !== null && now - round.quietAt >= LATE_COUNTS_MS) return { is: 'silent' };
  } else if (round.heldAt !== null && all.volume < rules.volume) {
    const waitMs = rules.complaints ? COMPLAINTS_MS : LITTLE_MAIL_MS;
    const verdict = age >= waitMs ? judged(all, rules) : null;
    if (verdict && verdict.is !== 'unclear') return verdict;
    if (age >= LONGEST_MS) return { is: 'silent' };
  }
  const quiet = all.volume === 0 && age >= LITTLE_MAIL_MS;
  return {
    is: 'open',
    round: {
      ...round,
      heldAt: round.heldAt ?? (all.volume > 0 ? now : null),
      fullAt: round.fullAt ?? (all.volume >= rules.volume ? now : null),
      quietAt: quiet ? (round.quietAt ?? now) : null,
    },
  };
}

function judged(counts: MailCounts, rules: ProbeRules): Verdict {
  if (isBad(counts, rules)) return { is: 'bad', counts };
  const { volume, hardBounces, complaints } = counts;
  const clear =
    rate(hardBounces, volume) < rules.limits.bounce.review &&
    rate(complaints, volume) < rules.limits.complaint.review;
  return { is: clear ? 'good' : 'unclear' };
}

function isBad({ volume, hardBounces, complaints }: MailCounts, { limits }: ProbeRules): boolean {
  return (
    (hardBounces >= LEAST_BOUNCES && rate(hardBounces, volume) >= limits.bounce.review) ||
    (complaints >= LEAST_COMPLAINTS && rate(complaints, volume) >= limits.complaint.review)
  );
}

function nextMinute(at: number): number {
  return (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
}
