import { describeError } from '../describe-error.js';
import type { ResolvedStream } from '../options/ses-reputation-options.js';
import type { Store } from '../store/store.js';
import type { SuppressionLedger } from '../suppression/suppression-ledger.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';
import { SuppressionUnavailableError } from './errors.js';
import type { Patience } from './patience.js';

/** A suppressed key, and why. */
export type Suppressions = ReadonlyMap<string, { reason: SuppressionReason; since: Date }>;

/** `unchecked`: the list could not be read, and the stream is set to send all the same. */
export type GateResult =
  { suppressed: Suppressions; unchecked?: undefined } | { suppressed: Suppressions; unchecked: Error };

/** How long a hanging database may hold up mail that goes out without it, and mail that does not. */
const PATIENCE_MS = { open: 5_000, closed: 30_000 };

/**
 * Asks the suppression list before SES is called.
 *
 * @throws SuppressionUnavailableError if it can't be read and the stream fails closed
 */
export async function askSuppressions(
  { ledger, store, patience }: { ledger: SuppressionLedger; store: Store; patience: Patience },
  keys: string[],
  stream: ResolvedStream,
): Promise<GateResult> {
  try {
    const suppressed = await patience.within(PATIENCE_MS[stream.whenStoreFails], () =>
      ledger.check(store.manager, keys, stream.name),
    );
    return { suppressed };
  } catch (error) {
    if (stream.whenStoreFails === 'closed') throw new SuppressionUnavailableError(stream.name, error);
    return {
      suppressed: new Map(),
      unchecked: error instanceof Error ? error : new Error(describeError(error)),
    };
  }
}
