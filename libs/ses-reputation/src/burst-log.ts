import type { Logger } from '@nestjs/common';

const QUIET_MS = 60_000;

/** Logs the first of a kind and then, at most once a minute, how many more there were: a flood fills no disk. */
export class BurstLog {
  private readonly bursts = new Map<string, { until: number; unlogged: number }>();

  constructor(private readonly logger: Logger) {}

  /** @param kind of a small, closed set; never what a stranger sent */
  log(level: 'warn' | 'error', kind: string, message: string, now: number, stack?: string): void {
    const burst = this.bursts.get(kind) ?? { until: -Infinity, unlogged: 0 };
    this.bursts.set(kind, burst);
    if (now < burst.until && burst.until - now <= QUIET_MS) {
      burst.unlogged++;
      return;
    }
    const more = burst.unlogged > 0 ? ` (and ${burst.unlogged} like it since the last line)` : '';
    burst.until = now + QUIET_MS;
    burst.unlogged = 0;
    if (level === 'error') this.logger.error(message + more, stack);
    else this.logger.warn(message + more);
  }
}
