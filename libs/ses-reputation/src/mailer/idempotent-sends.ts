import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../clock.js';
import { describeError } from '../describe-error.js';
import { StoreUnavailableError } from '../errors.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { deleteWhere } from '../store/delete-where.js';
import type { GiveWay } from '../store/giving-way.js';
import { prune } from '../store/prune.js';
import { Store } from '../store/store.js';
import { SendOutcomeUnknownError } from './errors.js';
import { IdempotentSend } from './idempotent-send.entity.js';
import { Patience } from './patience.js';
import type { SendReceipt } from './send-receipt.js';

/** A repeat within this returns the first receipt. */
const KEPT_MS = 24 * 3_600_000;
/** How long a send waits for the database, and a repeat for the first one; how often that one looks. */
const PATIENCE_MS = 30_000;
const POLL_MS = 100;
/** A send that has been pending for longer has lost its process: nobody will write its receipt. */
const ABANDONED_MS = 10 * 60_000;

type Outcome = Pick<IdempotentSend, 'state' | 'receipt'>;
type Claim = 'mine' | { state: IdempotentSend['state']; receipt: string | null; ageMs: number };

/** Remembers what became of a message with an `idempotencyKey`, for every instance. */
@Injectable()
export class IdempotentSends {
  private readonly logger = new Logger('SesReputation');
  private readonly patience = new Patience();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Runs `send` unless the key was used within 24 hours; then gives what it gave.
   *
   * @throws SendOutcomeUnknownError if nobody can tell what became of the first
   * @throws StoreUnavailableError if the database can't remember; nothing was sent
   */
  async once(key: string, closing: AbortSignal, send: () => Promise<SendReceipt>): Promise<SendReceipt> {
    // Two applications on one account may use the same keys.
    const id = createHash('sha256').update(`${this.options.app}\0${key}`).digest('hex');
    const giveUpAt = this.clock.now() + PATIENCE_MS;
    for (;;) {
      const claim = await this.patientClaim(id);
      if (claim === 'mine') return this.run(id, send);
      if (claim.state === 'done') return fromJson(claim.receipt!);
      if (claim.state === 'unknown') {
        throw new SendOutcomeUnknownError('the first send with this idempotencyKey got no answer from SES');
      }
      if (claim.ageMs > ABANDONED_MS || this.clock.now() >= giveUpAt || !(await waited(POLL_MS, closing))) {
        throw new SendOutcomeUnknownError('the first send with this idempotencyKey has not come to an end');
      }
    }
  }

  /** Forgets what is past its 24 hours. */
  async prune(store = this.store, giveWay?: GiveWay): Promise<void> {
    await prune(store, IdempotentSend, { time: 'expiresAt', before: this.clock.now() + 1 }, giveWay);
  }

  private async patientClaim(id: string): Promise<Claim> {
    try {
      // Of a claim that was given up nothing was sent, so the key is free again.
      return await this.patience.within(
        PATIENCE_MS,
        () => this.claim(id),
        (late) => late === 'mine' && this.record(id, null),
      );
    } catch (error) {
      throw new StoreUnavailableError(
        'the database could not remember the idempotencyKey, so nothing was sent; try again later, or send without ' +
          'a key where a mail twice is better than none',
        { cause: error },
      );
    }
  }

  private async claim(id: string): Promise<Claim> {
    const now = this.clock.now();
    return this.store.transaction(async (tx): Promise<Claim> => {
      const found = await tx.findOneBy(IdempotentSend, { id });
      if (found && found.expiresAt.getTime() > now) {
        const { state, receipt, expiresAt } = found;
        return { state, receipt, ageMs: now - (expiresAt.getTime() - KEPT_MS) };
      }
      // By its expiry too: another instance may have put a fresh row in its place since it was read.
      if (found) {
        await deleteWhere(tx, IdempotentSend, expired, { id, now });
      }
      // Of two that come here at once, one meets the other's row: the transaction runs again and finds it.
      await tx.insert(IdempotentSend, {
        id,
        state: 'pending',
        receipt: null,
        expiresAt: new Date(now + KEPT_MS),
      });
      return 'mine';
    });
  }

  private async run(id: string, send: () => Promise<SendReceipt>): Promise<SendReceipt> {
    let receipt: SendReceipt;
    try {
      receipt = await send();
    } catch (error) {
      await this.write(
        id,
        error instanceof SendOutcomeUnknownError ? { state: 'unknown', receipt: null } : null,
      );
      throw error;
    }
    // A message that waits was not sent: its key is free, so that a repeat sends it when the stream is open.
    const waits = receipt.status === 'paused';
    await this.write(id, waits ? null : { state: 'done', receipt: JSON.stringify(receipt) });
    return receipt;
  }

  /** A failure to write leaves `pending`: repeats say "unknown" and send nothing, which is the safe side. */
  private async write(id: string, outcome: Outcome | null): Promise<void> {
    try {
      await this.patience.within(PATIENCE_MS, () => this.record(id, outcome));
    } catch (error) {
      this.logger.error(
        `The outcome of a send with an idempotencyKey could not be stored; repeats will not send: ${describeError(error)}`,
      );
    }
  }

  private async record(id: string, outcome: Outcome | null): Promise<void> {
    await this.store.transaction(async (tx) => {
      if (outcome) await tx.update(IdempotentSend, { id }, outcome);
      else await tx.delete(IdempotentSend, { id });
    });
  }
}

function expired(c: (property: keyof IdempotentSend) => string): string {
  return `${c('id')} = :id AND ${c('expiresAt')} <= :now`;
}

function fromJson(json: string): SendReceipt {
  const receipt = JSON.parse(json) as SendReceipt;
  for (const one of receipt.suppressed) one.since = new Date(one.since);
  return receipt;
}

async function waited(ms: number, closing: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: closing }).catch(() => false);
}
