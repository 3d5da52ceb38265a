/** How far everyone has slowed down, and may come back. */
export interface SlowDown {
  /** Of the rate: 1 is all of it. */
  factor: number;
  /** Counts the times it was halved: a throttled send that began before the last of them is no news. */
  generation: number;
  /** Where SES's rate is not known: emails a second at which it was found to be too many. */
  learnt: number | null;
}

export const FULL_SPEED: SlowDown = { factor: 1, generation: 0, learnt: null };

const LEAST_FACTOR = 1 / 32;
/** Of the whole rate, a second. */
const RECOVERY = 0.05;
/** So far above what was once too many, there is no limit again. */
const FORGET_AT = 10;

/**
 * Halves the rate of all.
 *
 * @param under the generation under which the throttled send went
 * @param pace emails a second of all instances, for where no rate is known
 */
export function halved(slow: SlowDown, under: number, known: number | null, pace: number): SlowDown {
  if (under !== slow.generation) return slow;
  const generation = slow.generation + 1;
  if (known === null && slow.learnt === null) return { factor: 0.5, generation, learnt: Math.max(1, pace) };
  return { ...slow, factor: Math.max(LEAST_FACTOR, slow.factor / 2), generation };
}

/** @param seconds gone since the last time, divided by the instances that recover it */
export function recovered(slow: SlowDown, known: number | null, seconds: number): SlowDown {
  const most = known === null && slow.learnt !== null ? FORGET_AT : 1;
  const factor = Math.min(most, slow.factor + RECOVERY * seconds);
  if (known !== null || factor >= FORGET_AT) return { ...slow, factor: Math.min(1, factor), learnt: null };
  return { ...slow, factor };
}

/** Emails a second that all may send together; `null`: no limit is known. */
export function allowedPerSecond({ factor, learnt }: SlowDown, known: number | null): number | null {
  const whole = known ?? learnt;
  return whole === null ? null : Math.max(whole * factor, Math.min(whole, 0.5));
}
