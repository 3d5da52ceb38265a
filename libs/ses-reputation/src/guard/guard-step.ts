import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Raise } from '../events/event-outbox.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import type { CheckFindings, CheckStep } from '../reputation/check-step.js';
import { Store } from '../store/store.js';
import { decide } from './decide.js';
import { demandOf, levelReason } from './demand.js';
import { guardChanged } from './guard-events.js';
import { GuardGate } from './guard-gate.js';
import { lockGuards, writeGuard } from './guard-store.js';
import { tallyRound } from './round-tally.js';
import type { StreamGuard } from './stream-guard.js';

/** Decides with each check which streams pause, probe and open again. */
@Injectable()
export class GuardStep implements CheckStep {
  private written: StreamGuard[] = [];

  constructor(
    @Inject(SES_OPTIONS) private readonly options: ResolvedOptions,
    private readonly store: Store,
    private readonly gate: GuardGate,
  ) {}

  async decide(tx: EntityManager, { now, report }: CheckFindings, raise: Raise): Promise<void> {
    const { app, guard: options, streams, reputation } = this.options;
    this.written = [];
    if (options.mode === 'off') return;
    const guarded = [...streams.values()].filter(({ priority }) => priority !== 'critical');
    const names = guarded.map(({ name }) => name).toSorted();
    const rules = { probe: options.probe, limits: reputation.limits };
    const reason = levelReason(report);
    for (const [name, guard] of await lockGuards(tx, this.store.dialect, { app, streams: names })) {
      const demand = demandOf(report.level, streams.get(name)!.priority);
      const { round } = guard.memory;
      const tally = guard.mode === 'probing' && round ? await tallyRound(tx, name, round) : null;
      const letOut = round ? this.gate.letOut(name, round) : 0;
      const complaints = demandOf(report.complaint.level, streams.get(name)!.priority) !== 'none';
      const change = decide(guard, { now, demand, reason, complaints, tally, letOut }, rules);
      if (!change) continue;
      await writeGuard(tx, app, change.next);
      this.written.push(change.next);
      if (change.told)
        raise([guardChanged(guard, change.next, { app, now, enforced: options.mode === 'enforce' })]);
    }
  }

  decided(): void {
    this.gate.learn(this.written);
  }
}
