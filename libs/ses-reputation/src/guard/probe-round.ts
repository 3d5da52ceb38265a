import { rate } from '../reputation/rate.js';
import type { ReputationRules } from '../reputation/report.js';
import type { ProbeRound } from './stream-guard.js';

/** Eligible emails, and what came of them. */
export interface MailCounts {
  volume: number;
  hardBounces: number;
  complaints: number;
}

/** The stream's mail since a round began, and the part of it that was sent up to `fullAt` (all, if it is `null`). */
export interface RoundTally {
  all: MailCounts;
  settled: MailCounts;
}

export interface ProbeRules {
  /** Share of the first round. */
  share: number;
  /** A round is judged once it holds so many emails. */
  volume: number;
  limits: ReputationRules['limits'];
}

/**
 * `good`, `bad`; `unclear`: too few bounces to tell, of too few emails; `silent`: too little mail to tell anything by;
 * `open`: goes on, with these marks.
 */
export type Verdict = { is: 'good' | 'bad' | 'unclear' | 'silent' } | { is: 'open'; round: ProbeRound };

const MINUTE_MS = 60_000;
/** Most bounces come within seconds; the newest email of a full round gets so long, and the next check's time. */
const FEEDBACK_MS = MINUTE_MS;
/** A round with little mail is judged by what it has after this. */
const LITTLE_MAIL_MS = 60 * MINUTE_MS;
/** And one with a bounce or two of little mail, which could be chance or not, goes on no longer than this. */
const LONGEST_MS = 24 * LITTLE_MAIL_MS;
/** A single bounce of a few emails is a high rate, and says nothing. */
const LEAST_BOUNCES = 3;
const LEAST_COMPLAINTS = 2;

/** A round begins with the next full minute: mail is counted by the minute, and that of before is not its own. */
export function startRound(share: number, now: number, proven: boolean): ProbeRound {
  const startedAt = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
  return { share, startedAt, heldAt: null, fullAt: null, proven };
}

export function judgeRound(round: ProbeRound, tally: RoundTally, rules: ProbeRules, now: number): Verdict {
  const { all, settled } = tally;
  // Bad whatever the rest of a full round brings: nothing to wait for.
  if (isBad({ ...all, volume: Math.max(all.volume, rules.volume) }, rules)) return { is: 'bad' };
  const age = now - (round.heldAt ?? round.startedAt);
  if (round.fullAt !== null) {
    if (now - round.fullAt >= FEEDBACK_MS) return { is: judged(settled, rules) };
  } else if (age >= LITTLE_MAIL_MS && all.volume === 0) {
    return { is: 'silent' };
  } else if (age >= LITTLE_MAIL_MS && all.volume < rules.volume && round.heldAt !== null) {
    const is = judged(all, rules);
    if (is !== 'unclear') return { is };
    if (age >= LONGEST_MS) return { is: 'silent' };
  }
  return {
    is: 'open',
    round: {
      ...round,
      heldAt: round.heldAt ?? (all.volume > 0 ? now : null),
      fullAt: round.fullAt ?? (all.volume >= rules.volume ? now : null),
    },
  };
}

function judged(counts: MailCounts, rules: ProbeRules): 'good' | 'bad' | 'unclear' {
  if (isBad(counts, rules)) return 'bad';
  return rate(counts.hardBounces, counts.volume) >= rules.limits.bounce.review ? 'unclear' : 'good';
}

function isBad({ volume, hardBounces, complaints }: MailCounts, { limits }: ProbeRules): boolean {
  return (
    (hardBounces >= LEAST_BOUNCES && rate(hardBounces, volume) >= limits.bounce.review) ||
    (complaints >= LEAST_COMPLAINTS && rate(complaints, volume) >= limits.complaint.review)
  );
}
