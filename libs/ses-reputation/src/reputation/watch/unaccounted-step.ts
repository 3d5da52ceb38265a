import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Raise } from '../../events/event-outbox.js';
import type { UnaccountedEvent } from '../../events/ses-events.js';
import { SES_OPTIONS, type ResolvedOptions } from '../../options/ses-reputation-options.js';
import { nameOf, readMemory, writeMemory } from '../../store/memory.js';
import { MINUTE_MS } from '../bucket-width.js';
import type { CheckFindings, CheckStep } from '../check-step.js';
import { ACCOUNT } from '../dimension.js';
import { rate } from '../rate.js';
import { firstMail, sentMail } from './sent-mail.js';
import {
  hiddenMail,
  isGone,
  isOver,
  isSudden,
  judgeHidden,
  type ForeignMail,
  type HiddenState,
  type UnaccountedRules,
} from './unaccounted.js';

const WHAT = 'unaccounted';
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const USUAL_OVER_MS = 30 * DAY_MS;

/** Where exactly SES's 24 hours begin is not known: mail of the hour before them is taken to be in them. */
const EDGE_MS = HOUR_MS;
/** Mail that SES has taken and that is not counted yet is, by then. */
const LASTS_MS = 15 * MINUTE_MS;
/** SES was asked in this check, a moment ago; an older answer was judged when it came. */
const FRESH_MS = 2 * MINUTE_MS;

interface UnaccountedMemory {
  /** `Send` events from elsewhere were told of. */
  sendEvents: boolean;
  quota: HiddenState;
}

const NOTHING: UnaccountedMemory = { sendEvents: false, quota: { since: null, told: false } };

type Source = UnaccountedEvent['source'];

/** Mail on the account that nobody here sent: another application, or somebody with your credentials. */
@Injectable()
export class UnaccountedStep implements CheckStep {
  private readonly logger = new Logger('SesReputation');
  private news: string[] = [];

  constructor(@Inject(SES_OPTIONS) private readonly options: ResolvedOptions) {}

  async decide(tx: EntityManager, findings: CheckFindings, raise: Raise): Promise<void> {
    this.news = [];
    const rules = this.options.reputation.unaccounted;
    if (!rules) return;
    const name = nameOf(this.options.app, WHAT);
    const stored = await readMemory<UnaccountedMemory>(tx, name);
    const memory = stored ?? NOTHING;
    const tell = (source: Source, mail: ForeignMail) => {
      raise([{ name: 'ses.unaccounted', payload: payloadOf(source, mail, findings) }]);
      this.news.push(sentence(source, mail));
    };
    const next = {
      sendEvents: await sendEvents(tx, memory.sendEvents, rules, findings.now, tell),
      quota: await quota(tx, memory.quota, rules, findings, tell),
    };
    if (JSON.stringify(next) === JSON.stringify(memory)) return;
    await writeMemory(tx, name, next, new Date(findings.now));
  }

  decided(): void {
    for (const line of this.news.splice(0)) this.logger.warn(line);
  }
}

type Tell = (source: Source, mail: ForeignMail) => void;

/** @returns whether it is told of */
async function sendEvents(
  tx: EntityManager,
  isTold: boolean,
  rules: UnaccountedRules,
  now: number,
  tell: Tell,
): Promise<boolean> {
  const from = now - DAY_MS;
  const today = foreign(await sentMail(tx, { dimensions: [ACCOUNT], from }));
  if (isTold) return !isGone(today, rules);
  if (!isOver(today, rules)) return false;
  const usual = await sentMail(tx, { dimensions: [ACCOUNT], from: from - USUAL_OVER_MS, to: from });
  const days = Math.max(1, (from - (usual.first ?? from)) / DAY_MS);
  if (!isSudden(today, foreign(usual), days)) return false;
  tell('send-events', today);
  return true;
}

async function quota(
  tx: EntityManager,
  state: HiddenState,
  rules: UnaccountedRules,
  { now, report: { account } }: CheckFindings,
  tell: Tell,
): Promise<HiddenState> {
  const askedAt = account?.checkedAt.getTime() ?? -Infinity;
  if (!account || Math.abs(now - askedAt) > FRESH_MS) return state;
  const first = await firstMail(tx, ACCOUNT);
  // Until then SES also counts what was sent before anything was counted here.
  if (first === null || askedAt - first < DAY_MS + EDGE_MS) return state;
  const { sent } = await sentMail(tx, { dimensions: [ACCOUNT], from: askedAt - DAY_MS - EDGE_MS });
  const mail = hiddenMail(account.quota.sentLast24Hours, sent);
  const next = judgeHidden(state, mail, rules, { now: askedAt, lastsMs: LASTS_MS });
  if (next.told && !state.told) tell('quota', mail);
  return next;
}

function foreign({ unaccounted, sent }: { unaccounted: number; sent: number }): ForeignMail {
  return { volume: unaccounted, of: sent };
}

function payloadOf(source: Source, { volume, of }: ForeignMail, { now, id }: CheckFindings) {
  return { id: `${id}:unaccounted:${source}`, at: new Date(now), source, volume, share: rate(volume, of) };
}

function sentence(source: Source, { volume, of }: ForeignMail): string {
  const told = source === 'quota' ? 'SES counted' : 'Send events tell of';
  return (
    `${told} ${volume} emails in 24 hours, of ${of} on the account, that no application with this module sent. ` +
    'If you know no other sender, look for leaked credentials.'
  );
}
