import type { EntityManager } from 'typeorm';
import type { OutboxCounts } from '../events/outbox-counts.js';
import { OutboxEvent } from '../events/outbox-event.entity.js';
import { RawSql, tableNames } from '../store/raw-sql.js';
import { firstMail, firstOf } from './measure.js';
import type { LevelMemory } from './report.js';
import { ReputationState } from './reputation-state.entity.js';
import { stateNameOf } from './state-store.js';

/** What a report says beside its counts. */
export interface Standing {
  /** Start of the first bucket with mail, in milliseconds since the epoch; `null` if none was counted. */
  first: number | null;
  /** Of the last check; before the first one all is healthy. */
  state: LevelMemory & Pick<ReputationState, 'account'>;
  events: OutboxCounts;
}

type Row = Record<'first' | 'pending' | 'dead' | 'oldest_at', string | number | null> & {
  bounce_level: LevelMemory['bounceLevel'] | null;
  complaint_level: LevelMemory['complaintLevel'] | null;
  account: string | null;
};

/** All of it in one query: asking costs a report more than the answers. */
export async function readStanding(
  manager: EntityManager,
  app: string,
  dimension: string,
  upTo: number,
): Promise<Standing> {
  const sql = new RawSql(manager);
  const state = tableNames(manager, ReputationState);
  const outbox = tableNames(manager, OutboxEvent);
  const inState = (name: OutboxEvent['state']) => `CASE WHEN ${outbox.column('state')} = '${name}' THEN`;
  const [row] = await sql.rows<Row>(
    `SELECT ${firstMail(manager, sql, dimension, upTo)} AS first, e.pending AS pending, e.dead AS dead, ` +
      `o.${outbox.column('storedAt')} AS oldest_at, s.${state.column('bounceLevel')} AS bounce_level, ` +
      `s.${state.column('complaintLevel')} AS complaint_level, s.${state.column('account')} AS account ` +
      `FROM (SELECT SUM(${inState('pending')} 1 END) AS pending, SUM(${inState('dead')} 1 END) AS dead, ` +
      `MIN(${inState('pending')} ${outbox.column('id')} END) AS oldest FROM ${outbox.table} ` +
      `WHERE ${outbox.column('app')} = ${sql.value(app)}) e ` +
      `LEFT JOIN ${outbox.table} o ON o.${outbox.column('id')} = e.oldest ` +
      `LEFT JOIN ${state.table} s ON s.${state.column('name')} = ${sql.value(stateNameOf(app))}`,
  );
  return {
    first: firstOf(row),
    state: {
      bounceLevel: row?.bounce_level ?? 'healthy',
      complaintLevel: row?.complaint_level ?? 'healthy',
      account: row?.account ?? null,
    },
    events: {
      pending: Number(row?.pending ?? 0),
      dead: Number(row?.dead ?? 0),
      oldestPendingAt: row?.oldest_at == null ? null : new Date(Number(row.oldest_at)),
    },
  };
}
