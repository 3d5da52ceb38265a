import { Injectable } from '@nestjs/common';
import { isMailboxSimulator } from '../address/address-key.js';
import { parseAddrSpec, writeLocal } from '../address/addr-spec.js';
import { Clock } from '../clock.js';
import { EVERY_STREAM, SuppressedAddress } from '../suppression/suppressed-address.entity.js';
import { SuppressionLedger } from '../suppression/suppression-ledger.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import { entryId } from './mirror.js';
import { PUT_AS, unlisted, unsuppressed } from './push-candidates.js';
import { stoppedBy, TAKEN_OVER, type RunContext, type Stopped } from './run-context.js';
import { SesAccountList, type ListReason } from './ses-account-list.js';

type Part = 'delete' | 'put';

interface Wanted {
  address: string;
  key: string;
  reason: ListReason;
}

/**
 * Brings SES's list in line with the one here, a call at a time. What is done is written down before the next
 * call, and is no candidate any more: so there is no position to keep, and a crash repeats one call at most.
 */
@Injectable()
export class AccountListPush {
  constructor(
    private readonly list: SesAccountList,
    private readonly ledger: SuppressionLedger,
    private readonly clock: Clock,
  ) {}

  /** @returns why `part` ended before its end; `null` if it did not */
  run(context: RunContext, part: Part): Promise<Stopped | null> {
    return part === 'delete' ? this.deleteReleased(context) : this.putSuppressed(context);
  }

  /** Forgets what SES refused, so that it is tried again. */
  async forgetRefused({ turn }: RunContext): Promise<void> {
    await turn.record(async (tx) => {
      await tx.delete(AccountListEntry, { state: 'put-refused' });
      await tx.update(AccountListEntry, { state: 'delete-refused' }, { state: 'listed' });
    });
  }

  private async deleteReleased(context: RunContext): Promise<Stopped | null> {
    for (let after = ''; ;) {
      const nowMs = this.clock.now();
      const entries = await context.turn.read((manager) => unsuppressed(manager, after, nowMs));
      if (entries.length === 0) return null;
      for (const { id } of entries) {
        const entry = await this.released(context, id);
        const stopped = entry && (await this.delete(context, entry));
        if (stopped) return stopped;
        after = id;
      }
    }
  }

  private async putSuppressed(context: RunContext): Promise<Stopped | null> {
    for (let after = ''; ;) {
      const rows = await context.turn.read((manager) => unlisted(manager, after));
      if (rows.length === 0) return null;
      for (const { key } of rows) {
        const wanted = await this.wanted(context, key);
        const stopped = wanted && (await this.put(context, wanted));
        if (stopped) return stopped;
        after = key;
      }
    }
  }

  /** The entry, if it is to be deleted still: its mailbox was released here after SES listed it. */
  private released({ turn }: RunContext, id: string): Promise<AccountListEntry | null> {
    return turn.read(async (manager) => {
      const entry = await manager.findOneBy(AccountListEntry, { id, state: 'listed' });
      if (!entry || (await this.ledger.check(manager, [entry.key])).size > 0) return null;
      const releases = await this.ledger.releases(manager, [entry.key]);
      return releases.some(({ scope, at }) => scope === EVERY_STREAM && at >= entry.listedAt) ? entry : null;
    });
  }

  /** What to put for a mailbox, if it is still to be put. */
  private wanted({ turn }: RunContext, key: string): Promise<Wanted | null> {
    return turn.read(async (manager) => {
      const row = await manager.findOneBy(SuppressedAddress, { key, scope: EVERY_STREAM });
      const reason = row && row.expiresAt === null && PUT_AS[row.reason];
      if (!reason || isMailboxSimulator(key) || (await manager.existsBy(AccountListEntry, { key })))
        return null;
      return { address: asciiSpelling(row.address), key, reason };
    });
  }

  private async delete(
    { turn, tally, signal, progress }: RunContext,
    { id, address }: Pick<AccountListEntry, 'id' | 'address'>,
  ): Promise<Stopped | null> {
    if (turn.lost) return TAKEN_OVER;
    const answer = await this.list.delete(address, signal);
    let held: boolean;
    if ('value' in answer || answer.failure.kind === 'not-found') {
      held = await turn.record((tx) => tx.delete(AccountListEntry, { id }));
      tally.deleted++;
    } else if (answer.failure.kind === 'refused') {
      held = await turn.record((tx) => tx.update(AccountListEntry, { id }, { state: 'delete-refused' }));
      tally.reject([{ address, why: `SES would not delete it: ${answer.failure.why}` }]);
    } else return stoppedBy(answer.failure);
    progress();
    return held ? null : TAKEN_OVER;
  }

  private async put(context: RunContext, wanted: Wanted): Promise<Stopped | null> {
    const { turn, tally, signal, progress } = context;
    if (turn.lost) return TAKEN_OVER;
    // From before the call: so a release that comes during it is newer, and takes the entry back.
    const entry = { id: entryId(wanted.address), ...wanted, listedAt: new Date(this.clock.now()) };
    const answer = await this.list.put(wanted.address, wanted.reason, signal);
    let held: boolean;
    if ('value' in answer) {
      held = await this.record(context, entry, 'listed');
      tally.pushed++;
    } else if (answer.failure.kind === 'refused' || answer.failure.kind === 'not-found') {
      if (await this.inSandbox(context)) return SANDBOX;
      held = await this.record(context, entry, 'put-refused');
      tally.reject([{ address: wanted.address, why: `SES would not take it: ${answer.failure.why}` }]);
    } else return stoppedBy(answer.failure);
    progress();
    if (!held) return TAKEN_OVER;
    const released = await this.released(context, entry.id);
    return released && this.delete({ turn, tally, signal, progress }, released);
  }

  /** Asked once a run, when SES refuses an address: in the sandbox it refuses all. */
  private async inSandbox(context: RunContext): Promise<boolean> {
    context.sandbox ??= await this.list.isSandbox(context.signal);
    return context.sandbox;
  }

  private record(
    { turn }: RunContext,
    entry: Omit<AccountListEntry, 'run' | 'state' | 'replaced'>,
    state: AccountListEntry['state'],
  ): Promise<boolean> {
    return turn.record(async (tx, run) => {
      await tx.delete(AccountListEntry, { id: entry.id });
      await tx.insert(AccountListEntry, { ...entry, run, state, replaced: null });
    });
  }
}

const SANDBOX: Stopped = {
  reason: 'sandbox',
  operation: 'PutSuppressedDestination',
  message:
    'the account is in the sandbox, where SES lets nothing be put on its list: ask for production access',
};

/** As it is stored, but for what SES takes in ASCII only: a Unicode domain, in Punycode. */
function asciiSpelling(address: string): string {
  if (/^[\x21-\x7e]+$/.test(address)) return address;
  const spec = parseAddrSpec(address);
  return spec ? `${writeLocal(spec.local)}@${spec.domain}` : address;
}
