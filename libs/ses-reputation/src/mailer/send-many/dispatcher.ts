import { sendBulk } from './send-bulk.js';
import { bulkEntry, bulkRequest } from './bulk-message.js';
import { SendOutcomeUnknownError } from '../errors.js';
import { everyone } from '../read-recipients.js';
import { Withdrawn } from '../second-look.js';
import { nextGroup } from './group.js';
import type { SendManyReceipt } from './send-many-options.js';
import type { Ready, Slot } from './slot.js';
import type { Admitted, SendSteps } from './steps.js';

/** How long a message waits for others that could share its call, while the source may give some. */
const LINGER_MS = 10;
/** A message that has waited for its turn for so long is looked up again: its recipient may have complained by now. */
const STALE_MS = 10_000;

export interface DispatcherHost {
  settle(slot: Slot, receipt: SendManyReceipt): void;
  fail(ready: Ready, error: unknown): void;
  /** Whether more messages may come without anybody taking a receipt first. */
  moreMayCome(): boolean;
  lookAgain(ready: Ready): void;
}

interface Going {
  ready: Ready;
  admitted: Admitted;
}

/** Hands messages to SES, in calls of many where they share a template, and no more of them at once than allowed. */
export class Dispatcher {
  private waiting: Ready[] = [];
  private underWay = 0;
  private timer: NodeJS.Timeout | null = null;
  private bulkForbidden = false;
  private readonly calls = new Set<Promise<void>>();

  constructor(
    private readonly steps: SendSteps,
    private readonly concurrency: number,
    private readonly stop: AbortSignal,
    private readonly host: DispatcherHost,
  ) {}

  add(ready: readonly Ready[]): void {
    this.waiting.push(...ready);
    this.run();
  }

  /** Hands over what may go now. */
  run(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    for (;;) {
      const { group, full } = nextGroup(this.waiting, this.concurrency, this.steps.mostAtOnce);
      if (group.length === 0 || this.concurrency - this.underWay < group.length) return;
      const lingers =
        full || !this.host.moreMayCome() ? 0 : LINGER_MS - (performance.now() - group[0]!.since);
      if (lingers > 0) {
        this.timer = setTimeout(() => this.run(), lingers);
        return;
      }
      const chosen = new Set(group);
      this.waiting = this.waiting.filter((one) => !chosen.has(one));
      this.start(group);
    }
  }

  /** @returns those that were not handed over */
  cancel(): Ready[] {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    return this.waiting.splice(0);
  }

  /** Resolves when nothing is at SES any more. */
  async idle(): Promise<void> {
    while (this.calls.size > 0) await Promise.all(this.calls);
  }

  private start(group: Ready[]): void {
    const fresh = group.filter((ready) => !this.sentBack(ready));
    if (fresh.length === 0) return;
    this.underWay += fresh.length;
    const call = this.steps.track(this.sendAll(fresh)).finally(() => {
      this.calls.delete(call);
      this.underWay -= fresh.length;
      this.run();
    });
    this.calls.add(call);
  }

  private sentBack(ready: Ready): boolean {
    if (ready.gate === null || performance.now() - ready.since < STALE_MS) return false;
    this.host.lookAgain(ready);
    return true;
  }

  /** Never throws, and leaves no message without a receipt: whoever takes them would wait for ever. */
  private async sendAll(group: Ready[]): Promise<void> {
    try {
      await this.send(group);
    } catch (error) {
      for (const { slot } of group) if (!slot.receipt) this.host.settle(slot, failedReceipt(error));
    }
  }

  private async send(group: Ready[]): Promise<void> {
    const going: Going[] = [];
    for (const ready of group) {
      if (ready.gate === null) await this.whole(ready);
      else this.admit(ready, going);
    }
    if (going.length > 1 && !this.bulkForbidden) await this.bulk(going);
    else await this.alone(going);
  }

  private admit(ready: Ready, going: Going[]): void {
    try {
      const admitted = this.steps.admit(ready.message, ready.gate!);
      if ('receipt' in admitted) this.host.settle(ready.slot, admitted.receipt);
      else going.push({ ready, admitted });
    } catch (error) {
      this.host.fail(ready, error);
    }
  }

  private async whole({ slot, message }: Ready): Promise<void> {
    try {
      this.host.settle(slot, await this.steps.sendWhole(message, this.stop));
    } catch (error) {
      this.host.settle(slot, failedReceipt(error));
    }
  }

  private async alone(going: Going[]): Promise<void> {
    await Promise.all(
      going.map(async (one) => {
        try {
          const messageId = await this.steps.submit(one.admitted, this.stop);
          this.accept([{ ...one, messageId }]);
        } catch (error) {
          if (error instanceof Withdrawn) this.host.settle(one.ready.slot, error.receipt);
          else this.host.fail(one.ready, error);
        }
      }),
    );
  }

  private async bulk(going: Going[]): Promise<void> {
    const entries = going.map(({ ready, admitted }) =>
      bulkEntry(ready.message, ready.bulk!, admitted.recipients),
    );
    const shared = bulkRequest(going[0]!.ready.message);
    const { priority } = going[0]!.ready.message.stream;
    const turnsOf = (left: readonly number[]) =>
      this.steps.turnsOf(
        left.reduce((sum, i) => sum + everyone(going[i]!.admitted.recipients).length, 0),
        priority,
      );
    const stillFree = (left: readonly number[]) => this.steps.stillFree(left.map((i) => going[i]!.admitted));
    const outcomes = await sendBulk(this.steps.client, shared, entries, this.stop, turnsOf, stillFree);
    const taken: (Going & { messageId: string })[] = [];
    const left: Going[] = [];
    for (const [i, one] of going.entries()) {
      const outcome = outcomes[i]!;
      if ('messageId' in outcome) taken.push({ ...one, messageId: outcome.messageId });
      else if ('alone' in outcome) left.push(one);
      else if ('again' in outcome) {
        one.admitted.giveBack();
        this.host.lookAgain(one.ready);
      } else {
        if (!(outcome.error instanceof SendOutcomeUnknownError)) one.admitted.giveBack();
        this.host.fail(one.ready, outcome.error);
      }
      if ('alone' in outcome && outcome.alone === 'forbidden') this.bulkForbidden = true;
    }
    if (taken.length > 0) this.accept(taken);
    await this.alone(left);
  }

  private accept(taken: (Going & { messageId: string })[]): void {
    const receipts = this.steps.accept(taken);
    for (const [i, { ready }] of taken.entries()) this.host.settle(ready.slot, receipts[i]!);
  }
}

export function failedReceipt(error: unknown): SendManyReceipt {
  return {
    status: 'failed',
    messageId: null,
    accepted: [],
    suppressed: [],
    error: error instanceof Error ? error : new Error(String(error)),
  };
}
