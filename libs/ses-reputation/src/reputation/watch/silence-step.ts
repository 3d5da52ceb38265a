import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Raise } from '../../events/event-outbox.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { nameOf, readMemory, writeMemory } from '../../store/memory.js';
import type { CheckFindings, CheckStep } from '../check-step.js';
import { FEEDBACK_HEARD, HEARD_EVERY_MS, type FeedbackHeard } from './feedback-heard.js';
import { sentMail } from './sent-mail.js';
import {
  ANSWERED_WITHIN_MS,
  answeredDimensions,
  hearsOfEachMail,
  isSilent,
  volumeBeyondChance,
} from './silence.js';
import { silenceAdvice } from './silence-advice.js';

const WHAT = 'feedback-silence';
const TYPICAL_OVER_MS = 30 * 86_400_000;

interface SilenceMemory {
  /** When this began to watch, in milliseconds since the epoch: before it, nobody noted what was heard. */
  since: number;
  /** The silence that was told of, by when SES had last been heard; `null`: none is. */
  told: { heardAt: number | null } | null;
}

/** The dead-man's switch: mail goes out, and SES says nothing of it. */
@Injectable()
export class SilenceStep implements CheckStep {
  private readonly logger = new Logger('SesReputation');
  private say: () => void = () => undefined;

  constructor(@Inject(SES_OPTIONS) private readonly options: ResolvedOptions) {}

  async decide(tx: EntityManager, { now, id: checkId }: CheckFindings, raise: Raise): Promise<void> {
    this.say = () => undefined;
    if (!this.options.reputation.silence) return;
    const name = nameOf(this.options.app, WHAT);
    const heard = await readMemory<FeedbackHeard>(tx, FEEDBACK_HEARD);
    const stored = await readMemory<SilenceMemory>(tx, name);
    const memory: SilenceMemory = stored ?? { since: now, told: null };
    const isOver = memory.told !== null && heard !== null && heard.at > (memory.told.heardAt ?? -Infinity);
    if (isOver) this.say = () => this.logger.log('SES is heard again');
    let told = isOver ? null : memory.told;
    if (!told) {
      const volume = await this.silentVolume(tx, heard, memory.since, now);
      if (volume !== null) {
        const lastHeardAt = heard && new Date(heard.at);
        const id = `${checkId}:feedback:silent`;
        const check = this.advice(heard);
        raise([
          { name: 'ses.feedback.silent', payload: { id, at: new Date(now), volume, lastHeardAt, check } },
        ]);
        told = { heardAt: heard && heard.at };
        this.say = () => this.logger.warn(sentence(volume, lastHeardAt, check));
      }
    }
    const next: SilenceMemory = { since: memory.since, told };
    if (JSON.stringify(next) !== JSON.stringify(stored)) await writeMemory(tx, name, next, new Date(now));
  }

  decided(): void {
    this.say();
  }

  /** How many emails are without an answer; `null` if that is no silence. */
  private async silentVolume(
    tx: EntityManager,
    heard: FeedbackHeard | null,
    since: number,
    now: number,
  ): Promise<number | null> {
    const { volume: least, afterMs } = this.options.reputation.silence!;
    const streams = [...this.options.streams.values()];
    const dimensions = answeredDimensions(streams);
    // What was heard within a minute of the stored time may not be stored.
    const from = heard ? heard.at + HEARD_EVERY_MS : since;
    const { sent, unaccounted, first } = await sentMail(tx, {
      dimensions,
      from,
      to: now - ANSWERED_WITHIN_MS,
    });
    const unanswered = { volume: sent - unaccounted, first };
    if (!isSilent(unanswered, { needed: least, afterMs, now })) return null;
    if (!hearsOfEachMail(heard, streams)) {
      const typical = await sentMail(tx, { dimensions, from: from - TYPICAL_OVER_MS, to: from });
      const needed = volumeBeyondChance(least, { count: typical.failures, volume: typical.sent });
      if (!isSilent(unanswered, { needed, afterMs, now })) return null;
    }
    return unanswered.volume;
  }

  private advice(heard: FeedbackHeard | null): string[] {
    const sets = [...this.options.streams.values()].flatMap(({ configurationSet }) => configurationSet ?? []);
    return silenceAdvice({
      topicArns: this.options.feedback.topicArns,
      configurationSets: [...new Set(sets)],
      wasHeard: heard !== null,
    });
  }
}

function sentence(volume: number, lastHeardAt: Date | null, check: readonly string[]): string {
  const since = lastHeardAt ? `SES was last heard at ${lastHeardAt.toISOString()}` : 'SES was never heard';
  return `${since}, and ${volume} emails went out since. ${check.join(' ')}`;
}
