import { everyone } from '../read-recipients.js';
import type { Ready } from './slot.js';
import type { SendSteps } from './steps.js';

/** Messages of one look-up. */
const MOST = 50;

export interface LookUpsHost {
  found(ready: Ready[]): void;
  failed(ready: Ready, error: unknown): void;
}

/** Asks the suppression list for many messages at once: what comes while it is asked goes into the next question. */
export class LookUps {
  private waiting: Ready[] = [];
  private running = false;

  constructor(
    private readonly steps: Pick<SendSteps, 'look'>,
    private readonly host: LookUpsHost,
  ) {}

  /** Whether messages are on their way through here. */
  get busy(): boolean {
    return this.running;
  }

  add(ready: Ready): void {
    this.waiting.push(ready);
    if (this.running) return;
    this.running = true;
    // After what the source has at hand.
    setImmediate(() => void this.run());
  }

  /** @returns those that were not asked about yet */
  cancel(): Ready[] {
    return this.waiting.splice(0);
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const parts = byStream(this.waiting.splice(0, MOST));
      await Promise.all(parts.map((part) => this.ask(part)));
    }
    this.running = false;
  }

  private async ask(part: Ready[]): Promise<void> {
    const keys = part.flatMap(({ message }) => everyone(message.recipients).map(({ key }) => key));
    try {
      const gate = await this.steps.look(keys, part[0]!.message.stream);
      const since = performance.now();
      for (const ready of part) {
        ready.gate = gate;
        ready.since = since;
      }
    } catch (error) {
      for (const ready of part) this.host.failed(ready, error);
      return;
    }
    this.host.found(part);
  }
}

function byStream(ready: Ready[]): Ready[][] {
  const parts = new Map<string, Ready[]>();
  for (const one of ready) {
    const { name } = one.message.stream;
    const part = parts.get(name);
    if (part) part.push(one);
    else parts.set(name, [one]);
  }
  return [...parts.values()];
}
