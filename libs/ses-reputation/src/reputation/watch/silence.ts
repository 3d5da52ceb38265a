import type { ResolvedStream } from '../../options/ses-reputation-options.js';
import { ACCOUNT, dimensionOfPart } from '../dimension.js';
import type { Tally } from '../levels.js';
import { wilsonInterval } from '../wilson.js';
import type { FeedbackHeard } from './feedback-heard.js';

/** Its feedback may still be on its way. */
export const ANSWERED_WITHIN_MS = 15 * 60_000;

/** Where deliveries are not among what was heard for so long, only failures are published. */
const DELIVERIES_FOR_MS = 30 * 86_400_000;

/** So many failures are expected before their absence is no chance: none at all then has odds of 1 in 20,000. */
const EXPECTED_FAILURES = 10;
const LEAST_FAILURE_RATE = 0.001;

/** Mail that SES said nothing of, or after. */
export interface UnansweredMail {
  volume: number;
  /** When the first of it was sent, in milliseconds since the epoch; `null` if there is none. */
  first: number | null;
}

export function isSilent(
  { volume, first }: UnansweredMail,
  { needed, afterMs, now }: { needed: number; afterMs: number; now: number },
): boolean {
  return first !== null && now - first >= afterMs && volume >= needed;
}

/**
 * Whether each mail of {@link answeredDimensions} brings an event, or only what fails. What was heard tells; as
 * long as nothing was, a configuration set is taken to publish what the documentation asks for.
 */
export function hearsOfEachMail(heard: FeedbackHeard | null, streams: readonly ResolvedStream[]): boolean {
  if (!heard) return streams.some(({ configurationSet }) => configurationSet !== null);
  return heard.deliveryAt !== null && heard.at - heard.deliveryAt <= DELIVERIES_FOR_MS;
}

/** How much mail without an answer is silence where only failures are published. */
export function volumeBeyondChance(volume: number, { count, volume: of }: Tally): number {
  const failureRate = of > 0 ? wilsonInterval(count, of).low : 0;
  return Math.max(volume, Math.ceil(EXPECTED_FAILURES / Math.max(failureRate, LEAST_FAILURE_RATE)));
}

/** The mail that is to be answered: where only some streams have a configuration set, theirs. */
export function answeredDimensions(streams: readonly ResolvedStream[]): string[] {
  const publishing = streams.filter(({ configurationSet }) => configurationSet !== null);
  if (publishing.length === 0 || publishing.length === streams.length) return [ACCOUNT];
  return publishing.map(({ name }) => dimensionOfPart('stream', name));
}
