import type { ResolvedOptions } from '../options/ses-reputation-options.js';
import type { ReputationRules } from '../reputation/report.js';
import { isMoreUrgent, percent, type Demand } from './demand.js';
import { firstRound, judgeRound, nextRound, type MailCounts, type RoundTally } from './probe-round.js';
import { isOver, PAUSE_ENDED, type GuardMemory, type ProbeRound, type StreamGuard } from './stream-guard.js';

/** What a check found out for one stream. */
export interface GuardFindings {
  /** Milliseconds since the epoch. */
  now: number;
  /** What the account's level asks of the stream. */
  demand: Demand;
  /** The level in words. */
  reason: string;
  /** The account's complaints alone would ask for a pause. */
  complaints: boolean;
  /** Of the probe round that runs; `null` if none does. */
  tally: RoundTally | null;
  /** Recipients that this instance is known to have let out in that round, counted by the tally or not. */
  letOut: number;
}

export interface GuardRules {
  probe: ResolvedOptions['guard']['probe'];
  limits: ReputationRules['limits'];
}

/** What to store; `told`: the change is one to tell of, not only to remember. */
export interface GuardChange {
  next: StreamGuard;
  told: boolean;
}

const LONGEST_PAUSE_MS = 24 * 3_600_000;
const SHORTEST_DOUBLED_MS = 60_000;
/** As long as the account is in trouble, or comes out of one by complaints, half of the mail is evidence enough. */
const LARGEST_SHARE = 0.5;

/** What a check makes of one stream; `null`: nothing changes. Pure, and it never touches what a person has paused. */
export function decide(guard: StreamGuard, findings: GuardFindings, rules: GuardRules): GuardChange | null {
  if (guard.mode === 'open') return ofOpen(guard, findings, rules);
  if (guard.mode === 'probing') return ofProbing(guard, findings, rules);
  return guard.cause === 'manual' ? ofHeld(guard, findings, rules) : ofPaused(guard, findings, rules);
}

function ofOpen(guard: StreamGuard, findings: GuardFindings, rules: GuardRules): GuardChange | null {
  // As bad as it was when somebody resumed the stream by hand: their word stands.
  if (!isWorse(guard, findings)) return remembered(guard, findings);
  return paused(guard, findings, { pauseMs: rules.probe.afterMs, failed: false });
}

/** Paused by hand: only its end is ours to record. */
function ofHeld(guard: StreamGuard, findings: GuardFindings, rules: GuardRules): GuardChange | null {
  if (!isOver(guard, findings.now)) return remembered(guard, findings);
  if (findings.demand === 'none') return opened(guard, findings, PAUSE_ENDED);
  return paused(guard, findings, { pauseMs: rules.probe.afterMs, failed: false });
}

function ofPaused(guard: StreamGuard, findings: GuardFindings, rules: GuardRules): GuardChange | null {
  if (isWorse(guard, findings)) return paused(guard, findings, guard.memory);
  const recovered = findings.demand === 'none' && !guard.memory.failed;
  if (recovered || guard.until === null || guard.until.getTime() <= findings.now) {
    const { share } = rules.probe;
    const why = findings.demand === 'none' ? 'the account is back under the limit' : 'the pause is over';
    const round = firstRound(share, findings.now, guard.since.getTime());
    return probing(guard, findings, round, `${why}: ${percent(share)} of the mail goes out`);
  }
  return remembered(guard, findings);
}

function ofProbing(guard: StreamGuard, findings: GuardFindings, rules: GuardRules): GuardChange | null {
  if (isWorse(guard, findings)) return paused(guard, findings, guard.memory);
  const { now, demand, tally, letOut } = findings;
  const { share } = rules.probe;
  const { round } = guard.memory;
  if (!round || !tally) return probing(guard, findings, firstRound(share, now, now), guard.reason);
  const complaints = hadComplaints(guard, findings);
  const verdict = judgeRound(round, tally, { ...rules.probe, limits: rules.limits, complaints }, now);
  if (verdict.is === 'bad') return pausedAgain(guard, findings, verdict.counts);
  const largest = Math.max(share, LARGEST_SHARE);
  const good = verdict.is === 'good';
  // Few mails can't show a complaint rate: after complaints only the largest share does.
  const proven = complaints ? good && round.share >= largest : good || round.proven;
  const silent = verdict.is === 'silent' && letOut === 0;
  if (demand === 'none' && (proven || silent)) {
    return opened(guard, findings, 'the account is back under the limit, and the probe was good');
  }
  if (verdict.is === 'open') return withRound(guard, findings, verdict.round);
  // What proves nothing is begun anew, as small as it was.
  if (!good) return withRound(guard, findings, nextRound(round, round.share, now, round.proven));
  const next = nextRound(round, Math.min(largest, round.share * 2), now, true);
  if (next.share === round.share) return withRound(guard, findings, next);
  return probing(guard, findings, next, `a good probe: ${percent(next.share)} of the mail goes out`);
}

function isWorse({ memory }: StreamGuard, { demand }: GuardFindings): boolean {
  return isMoreUrgent(demand, memory.demand);
}

/** Of this incident, though the level may ask for nothing any more: other mail has taken the rate down. */
function hadComplaints({ mode, memory }: StreamGuard, { complaints }: GuardFindings): boolean {
  return complaints || (memory.complaints && mode !== 'open');
}

/** Keeps what the level asks for; nobody need hear of it. */
function remembered(guard: StreamGuard, findings: GuardFindings): GuardChange | null {
  return withRound(guard, findings, guard.memory.round);
}

function withRound(
  guard: StreamGuard,
  findings: GuardFindings,
  round: ProbeRound | null,
): GuardChange | null {
  const { demand } = findings;
  const complaints = guard.mode !== 'open' && hadComplaints(guard, findings);
  const memory = { ...guard.memory, demand, complaints, round };
  if (JSON.stringify(memory) === JSON.stringify(guard.memory)) return null;
  return { next: { ...guard, memory, version: guard.version + 1 }, told: false };
}

function paused(
  guard: StreamGuard,
  findings: GuardFindings,
  { pauseMs, failed }: Pick<GuardMemory, 'pauseMs' | 'failed'>,
  reason: string = findings.reason,
): GuardChange {
  const complaints = hadComplaints(guard, findings);
  const memory = { demand: findings.demand, pauseMs, failed, complaints, round: null };
  return moved(guard, findings.now, 'paused', { reason, until: new Date(findings.now + pauseMs), memory });
}

function pausedAgain(guard: StreamGuard, findings: GuardFindings, counts: MailCounts): GuardChange {
  const doubled = Math.max(guard.memory.pauseMs, SHORTEST_DOUBLED_MS) * 2;
  const pauseMs = Math.min(doubled, Math.max(LONGEST_PAUSE_MS, guard.memory.pauseMs));
  const reason =
    `the probe was bad: ${counts.hardBounces} hard bounces and ${counts.complaints} complaints of ` +
    `${counts.volume} emails`;
  return paused(guard, findings, { pauseMs, failed: true }, reason);
}

function probing(
  guard: StreamGuard,
  findings: GuardFindings,
  round: ProbeRound,
  reason: string,
): GuardChange {
  const { now, demand } = findings;
  const memory = { ...guard.memory, demand, complaints: hadComplaints(guard, findings), round };
  return moved(guard, now, 'probing', { reason, until: null, memory });
}

function opened(guard: StreamGuard, { now, demand }: GuardFindings, reason: string): GuardChange {
  const memory = { demand, pauseMs: 0, failed: false, complaints: false, round: null };
  return moved(guard, now, 'open', { reason, until: null, memory });
}

function moved(
  guard: StreamGuard,
  now: number,
  mode: StreamGuard['mode'],
  what: Pick<StreamGuard, 'reason' | 'until' | 'memory'>,
): GuardChange {
  const since = guard.mode === mode ? guard.since : new Date(now);
  const next = { ...guard, ...what, mode, cause: 'level', actor: null, since } as const;
  return { next: { ...next, version: guard.version + 1 }, told: true };
}
