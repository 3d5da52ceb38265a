import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { FeedbackService } from '../libs/ses-reputation/src/index.js';
import type { Compare } from './harness/compare.js';
import type { Tell } from './harness/facts.js';
import { perSecond } from './harness/timing.js';
import { benchOptions, startHost } from './support/app.js';
import { list } from './support/bounces.js';
import { allDatabaseKinds } from './support/databases.js';
import { EVENT_KINDS, eventOf, type EventKind } from './support/event-kinds.js';
import { sizesOf, type TableSize } from './support/table-sizes.js';

/** Of each kind; SIZES_EVENTS overrides it. */
const EVENTS = Number(process.env.SIZES_EVENTS ?? 20_000);
const AT_ONCE = 16;
const MIB = 2 ** 20;

/** What tables and their indexes weigh for a million events of each kind, taken in one by one and extrapolated. */
export async function sizes(_compare: Compare, tell: Tell): Promise<void> {
  for (const kind of await allDatabaseKinds()) {
    for (const [event, store] of Object.entries(EVENT_KINDS) as [EventKind, 'failures' | 'all'][]) {
      const database = await kind.create();
      const host = await startHost(database.options, {
        background: false,
        feedback: { ...benchOptions().feedback, store } as never,
      });
      const dataSource = host.get<DataSource>(getDataSourceToken() as never);
      const empty = await sizesOf(dataSource, kind.name);
      const feedback = host.get(FeedbackService);
      await perSecond(
        list(EVENTS, () => eventOf(event)),
        AT_ONCE,
        (body) => feedback.ingest(body, { source: 'bench' }),
      );
      const full = await sizesOf(dataSource, kind.name);
      const rows = grown(empty, full);
      tell({
        title: `sizes: 1,000,000 of "${event}" on ${kind.name}, from ${EVENTS.toLocaleString('en-US')}`,
        columns: ['', 'rows, thousands', 'table, MiB', 'indexes, MiB'],
        rows: rows.map(({ table, rows: count, data, indexes }) => [
          table,
          (count * 1e3) / EVENTS,
          (data * 1e6) / EVENTS / MIB,
          (indexes * 1e6) / EVENTS / MIB,
        ]),
      });
      await host.close();
      await database.drop();
    }
  }
}

/** Tables that the events have filled. */
function grown(before: readonly TableSize[], after: readonly TableSize[]): TableSize[] {
  return after.flatMap((size) => {
    const start = before.find(({ table }) => table === size.table)!;
    const rows = size.rows - start.rows;
    if (rows === 0) return [];
    return [{ ...size, rows, data: size.data - start.data, indexes: size.indexes - start.indexes }];
  });
}
