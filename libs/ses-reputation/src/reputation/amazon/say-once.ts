import type { Logger } from '@nestjs/common';

/** Says what stays as it is once, and again only after it was over in between. */
export class SayOnce {
  private readonly said = new Set<string>();

  constructor(private readonly logger: Logger) {}

  say(what: string, message: string): void {
    if (this.said.has(what)) return;
    this.said.add(what);
    this.logger.warn(message);
  }

  over(what: string): void {
    this.said.delete(what);
  }
}
