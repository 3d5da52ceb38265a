import { describeError } from '../describe-error.js';
import type { ResolvedStream } from '../options/ses-reputation-options.js';
import type { Store } from '../store/store.js';
import type { SuppressionLedger } from '../suppression/suppression-ledger.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';
import { SuppressionUnavailableError } from './errors.js';
import { Gathered } from './gathered.js';
import { Patience } from './patience.js';
import { everyone, type Recipients } from './read-recipients.js';
import type { SuppressedRecipient } from './send-receipt.js';

/** Suppressed keys, and why. */
export type Suppressions = ReadonlyMap<string, { reason: SuppressionReason; since: Date }>;

/** `unchecked`: the list could not be read, and the stream is set to send all the same. */
export type GateResult =
  { suppressed: Suppressions; unchecked?: undefined } | { suppressed: Suppressions; unchecked: Error };

type Looks = Gathered<readonly string[], Suppressions>;

/** How long a hanging database may hold up mail that goes out without it, and mail that does not. */
const PATIENCE_MS = { open: 5_000, closed: 30_000 };

/** Messages that one look at the list is for, of 50 recipients at most. */
const MESSAGES_A_LOOK = 100;

/** Asks the suppression list before SES is called: for all messages of a stream that are sent at once, once. */
export class SuppressionGate {
  private readonly patience = new Patience();
  private readonly looks = new Map<string, Looks>();

  constructor(
    private readonly ledger: SuppressionLedger,
    private readonly store: Store,
  ) {}

  /**
   * @param keys of the recipients of one message
   * @throws SuppressionUnavailableError if the list can't be read and the stream fails closed
   */
  async ask(keys: readonly string[], stream: ResolvedStream): Promise<GateResult> {
    try {
      return { suppressed: await this.looksOf(stream).answerTo(keys) };
    } catch (error) {
      if (stream.whenStoreFails === 'closed') throw new SuppressionUnavailableError(stream.name, error);
      return {
        suppressed: new Map(),
        unchecked: error instanceof Error ? error : new Error(describeError(error)),
      };
    }
  }

  private looksOf({ name, whenStoreFails }: ResolvedStream): Looks {
    const known = this.looks.get(name);
    if (known) return known;
    const looks: Looks = new Gathered<readonly string[], Suppressions>(
      (keys) =>
        this.patience.within(PATIENCE_MS[whenStoreFails], () =>
          this.ledger.check(this.store.manager, keys.flat(), name),
        ),
      MESSAGES_A_LOOK,
    );
    this.looks.set(name, looks);
    return looks;
  }
}

/** Those of the recipients that are suppressed. */
export function leftOut(recipients: Recipients, suppressions: Suppressions): SuppressedRecipient[] {
  return everyone(recipients).flatMap(({ key, given }) => {
    const found = suppressions.get(key);
    return found ? [{ address: given, reason: found.reason, since: found.since }] : [];
  });
}
