import type { ProbeRound } from './stream-guard.js';

/** Room for what the other instances don't send, and for mail that leaves the volume. */
const MARGIN = 2;
/** What is lost when shares such as 0.29 are added up in binary. */
const ROUNDING = 1e-9;

/** Which mails of a probing stream go out on this instance: its share, spread evenly, and no more than a round needs. */
export class ProbeQuota {
  private credit = 0;
  private sent = 0;

  constructor(
    private round: ProbeRound,
    private readonly first: { share: number; volume: number },
  ) {}

  /** A new round has its own cap; what was not enough for one email yet is kept. */
  enter(round: ProbeRound): void {
    if (round.startedAt === this.round.startedAt && round.share === this.round.share) return;
    this.round = round;
    this.sent = 0;
  }

  /** @returns a way to give them back if they were not sent, or `null` if they must wait */
  take(recipients: number): (() => void) | null {
    const { round } = this;
    if (round.share >= 1) return () => undefined;
    // None of the mail beyond the cap is saved up for the next round.
    if (this.sent + recipients > this.cap()) return null;
    this.credit += recipients * round.share;
    if (this.credit + ROUNDING < recipients) return null;
    this.credit -= recipients;
    this.sent += recipients;
    return () => {
      this.credit += recipients;
      if (this.round === round) this.sent -= recipients;
    };
  }

  /** Recipients of this round that were let out here. */
  sentIn(round: ProbeRound): number {
    return round.startedAt === this.round.startedAt ? this.sent : 0;
  }

  private cap(): number {
    const { share, volume } = this.first;
    // A message to fifty is never too large for a round of one.
    return Math.max(LARGEST_MESSAGE, (volume * MARGIN * this.round.share) / share);
  }
}

/** SES's limit of recipients in one message. */
const LARGEST_MESSAGE = 50;
