const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * The send rate as a token bucket that holds one second's worth. Like Amazon's it counts recipients and lets
 * a message through while anything is left; a message to many recipients then leaves a debt to wait off.
 */
export class SendRate {
  private tokens: number;
  private at: number;

  constructor(
    public perSecond: number,
    private readonly now: () => number,
  ) {
    this.tokens = this.capacity;
    this.at = now();
  }

  /** False, and nothing taken, when the rate is exceeded. */
  take(recipients: number): boolean {
    const now = this.now();
    this.tokens = Math.min(
      this.capacity,
      this.tokens + (Math.max(0, now - this.at) / 1_000) * this.perSecond,
    );
    this.at = now;
    // A hair under one token is one token: fractions of seconds don't add up exactly.
    if (this.tokens < 1 - 1e-6) return false;
    this.tokens -= recipients;
    return true;
  }

  private get capacity(): number {
    return Math.max(1, this.perSecond);
  }
}

/** Recipients of the last 24 hours, a rolling window, kept to the second. */
export class DailyQuota {
  private readonly sends: { second: number; recipients: number }[] = [];
  private total = 0;

  constructor(
    /** -1: no limit. */
    public max: number,
    private readonly now: () => number,
  ) {}

  get used(): number {
    const oldest = Math.floor((this.now() - DAY_MS) / 1_000);
    while (this.sends.length > 0 && this.sends[0]!.second <= oldest)
      this.total -= this.sends.shift()!.recipients;
    return this.total;
  }

  /** As at Amazon, a message to several recipients goes through while one is left. */
  get exhausted(): boolean {
    return this.max >= 0 && this.used >= this.max;
  }

  book(recipients: number): void {
    if (recipients === 0) return;
    const second = Math.floor(this.now() / 1_000);
    const last = this.sends.at(-1);
    if (last?.second === second) last.recipients += recipients;
    else this.sends.push({ second, recipients });
    this.total += recipients;
  }
}
