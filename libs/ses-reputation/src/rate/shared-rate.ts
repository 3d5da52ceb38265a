import { fairShares, FLOOR, type Wanted } from './fair-shares.js';
import { allowedPerSecond, FULL_SPEED, halved, recovered, type SlowDown } from './slow-down.js';

/** What SES says of the account. */
export interface AccountFigures {
  /** `MaxSendRate`: recipients a second. */
  perSecond: number;
  /** `Max24HourSend`; `null`: no limit. */
  perDay: number | null;
  /** `SentLast24Hours`, then. */
  sentBefore: number;
}

/** One instance, as the others see it. */
export interface Member extends Wanted {
  /** Grows each time: who lives is seen by it, without a common clock. */
  beat: number;
  /** Emails a second that nobody else may use. */
  granted: number;
  pace: number;
}

/** What all instances share. */
export interface SharedRate {
  account: AccountFigures | null;
  /** When somebody last went to ask SES: milliseconds since the epoch. Decides only how often that is done. */
  askedAt: number | null;
  /** When SES last answered, by the clock of whom it answered. Decides only for how long its quota is believed. */
  answeredAt: number | null;
  /** Emails of all instances since SES answered. */
  sent: number;
  slow: SlowDown;
  members: Record<string, Member>;
}

/** What one instance tells and wants to know. */
export interface Beat extends Wanted {
  id: string;
  /** Let go in the last second: still taken from the rate, whatever the share is now. */
  pace: number;
  /** Emails a second that it may let go until it knows its new share; `null`: no limit is known. */
  meanwhile: number | null;
  /** Emails since the last beat. */
  sent: number;
  /** SES throttled a send that went under this generation of the slow-down. */
  throttledUnder: number | null;
  elapsedMs: number;
  /** Members that have not lived on for too long, with the beat they stopped at. */
  dead: ReadonlyMap<string, number>;
  /** SES's new answer. */
  answer: AccountFigures | null;
  /** A send was refused for the quota, or throttled: ask SES soon. */
  wantsFigures: boolean;
  /** The host's own limit. */
  perSecond: number | null;
  now: number;
}

export interface Outcome {
  state: SharedRate;
  /** Emails a second that this instance may send; `null`: no limit is known. */
  share: number | null;
  /** This instance is to ask SES for the account's figures. */
  mustAsk: boolean;
}

export const NOTHING_SHARED: SharedRate = {
  account: null,
  askedAt: null,
  answeredAt: null,
  sent: 0,
  slow: FULL_SPEED,
  members: {},
};

const ASK_EVERY_MS = 300_000;
const ASK_UNKNOWN_MS = 60_000;
const ASK_SOON_MS = 10_000;
/** Later than that nobody knows how much of what was sent is more than 24 hours ago: SES's own refusal decides. */
const QUOTA_BELIEVED_MS = 3_600_000;

/** What is shared after one instance's beat, and the share it has from now on. */
export function exchange(before: SharedRate, beat: Beat): Outcome {
  const members = living(before.members, beat.dead);
  members[beat.id] = {
    beat: (before.members[beat.id]?.beat ?? 0) + 1,
    granted: 0,
    critical: beat.critical,
    others: beat.others,
    pace: beat.pace,
  };
  const account = beat.answer ?? before.account;
  const sent = (beat.answer ? 0 : before.sent) + beat.sent;
  const known = knownRate(account, beat.perSecond);
  const slow = slowDownAfter(before.slow, beat, known, Object.values(members));
  const share = shareOf(members, beat.id, allowedPerSecond(slow, known));
  members[beat.id]!.granted = Math.max(share ?? 0, beat.pace, beat.meanwhile ?? 0);
  const mustAsk = isAskingDue(before, beat);
  const askedAt = mustAsk || beat.answer ? beat.now : before.askedAt;
  const answeredAt = beat.answer ? beat.now : before.answeredAt;
  return { state: { account, askedAt, answeredAt, sent, slow, members }, share, mustAsk };
}

/**
 * The same while nothing can be shared: by what was last known, in which nobody has died. An instance that others
 * had left nothing sends all the same, since they can't make room for it now.
 */
export function carriedOn(last: SharedRate, beat: Beat): Outcome {
  const outcome = exchange(last, { ...beat, sent: 0, dead: new Map() });
  const { account, slow, members } = outcome.state;
  const perSecond = allowedPerSecond(slow, knownRate(account, beat.perSecond));
  if (outcome.share === null || perSecond === null) return outcome;
  const isSqueezed = outcome.share < (perSecond * FLOOR) / Object.keys(members).length / 2;
  return isSqueezed ? { ...outcome, share: perSecond * FLOOR } : outcome;
}

/** What is left when an instance goes. */
export function departed(before: SharedRate, id: string, sent: number): SharedRate {
  const { [id]: _, ...members } = before.members;
  return { ...before, members, sent: before.sent + sent };
}

/** What may be sent in 24 hours, and what was; `null`: no limit is known, or it is not known any more. */
export function quotaOf(
  { account, answeredAt, sent }: SharedRate,
  now: number,
): { most: number; used: number } | null {
  if (account === null || account.perDay === null || answeredAt === null) return null;
  if (Math.abs(now - answeredAt) > QUOTA_BELIEVED_MS) return null;
  return { most: account.perDay, used: account.sentBefore + sent };
}

/** The rate of the account, or the host's own below it; `null`: nobody says it. */
export function knownRate(account: AccountFigures | null, perSecond: number | null): number | null {
  if (account === null) return perSecond;
  return perSecond === null ? account.perSecond : Math.min(account.perSecond, perSecond);
}

function living(members: Record<string, Member>, dead: ReadonlyMap<string, number>): Record<string, Member> {
  return Object.fromEntries(Object.entries(members).filter(([id, { beat }]) => dead.get(id) !== beat));
}

function slowDownAfter(
  slow: SlowDown,
  { throttledUnder, elapsedMs }: Beat,
  known: number | null,
  members: readonly Member[],
): SlowDown {
  // Each adds its part of the time gone: so all recover at one pace, however many they are.
  const now = recovered(slow, known, elapsedMs / 1_000 / members.length);
  if (throttledUnder === null) return now;
  return halved(
    now,
    throttledUnder,
    known,
    members.reduce((sum, { pace }) => sum + pace, 0),
  );
}

/** No more than the others leave: those who have more than their share give it up at their own next beat. */
function shareOf(members: Record<string, Member>, id: string, perSecond: number | null): number | null {
  if (perSecond === null) return null;
  const ids = Object.keys(members);
  const fair = fairShares(Object.values(members), perSecond)[ids.indexOf(id)]!;
  const taken = ids.reduce((sum, each) => sum + (each === id ? 0 : members[each]!.granted), 0);
  return Math.max(0, Math.min(fair, perSecond - taken));
}

function isAskingDue({ account, askedAt }: SharedRate, { wantsFigures, now, answer }: Beat): boolean {
  if (answer !== null) return false;
  if (askedAt === null) return true;
  // A clock that was set back must not put it off for longer.
  const ageMs = Math.abs(now - askedAt);
  return ageMs >= (wantsFigures ? ASK_SOON_MS : account === null ? ASK_UNKNOWN_MS : ASK_EVERY_MS);
}
