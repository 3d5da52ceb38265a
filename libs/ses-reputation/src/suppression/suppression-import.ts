import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ResolvedStream } from '../options/ses-reputation-options.js';
import { SesReputationError } from '../errors.js';
import type { Dialect } from '../store/store.js';
import { DEFAULT_COLUMNS, readHeader, readLine, type ImportColumns } from './import-line.js';
import { importRecords, type ImportItem, type ImportSource } from './import-records.js';
import { ImportWrites } from './import-writes.js';
import { EVERY_STREAM } from './suppressed-address.entity.js';
import {
  asText,
  readExpiry,
  readMailbox,
  readReason,
  readScope,
  readTime,
  textOf,
} from './suppression-input.js';
import type { NewSuppression, SuppressionOutcome } from './suppression-ledger.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface ImportOptions {
  /** For lines and items that name none. Default `manual`. */
  reason?: SuppressionReason;
  /** For lines and items that name none. Default `*`, every stream. */
  scope?: string;
  actor?: string | null;
  /**
   * Whether each new address raises `ses.suppression.added` (and an opt-out `ses.unsubscribe`). Default true. Say no
   * for a long list: its events are delivered one by one, and what happens meanwhile waits behind them.
   */
  events?: boolean;
  /** Begins no further batch. What is on the list by then stays there, and what is being written is, and is told of. */
  signal?: AbortSignal;
  /** After each batch, with the counts so far. */
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  lines: number;
  added: number;
  unchanged: number;
  rejected: number;
}

export interface RejectedLine {
  /** From 1; empty lines and the header count. For items, their position. */
  line: number;
  /** What stood there, cut at 320 characters. */
  value: string;
  why: string;
}

export interface ImportResult {
  /** Put on the list, or strengthened there. */
  added: number;
  /** The list said so already, or something stronger. */
  unchanged: number;
  /** The first 1,000 of the lines that could not be read. */
  rejected: RejectedLine[];
  /** How many more could not be read; absent if none. */
  omitted?: number;
}

/** Rows a transaction. A long list gets larger ones: a fifth of its time were commits. */
const BATCH = 1_000;
const LARGE_BATCH = 4_000;
const LONG_LIST = 10_000;
const LINES_A_TURN = 500;
const MOST_REJECTED = 1_000;

/** One import under way: reads records, hands on batches, keeps count. */
export class SuppressionImport {
  private columns: ImportColumns | null = null;
  private readonly rejected: RejectedLine[] = [];
  private readonly progress: ImportProgress = { lines: 0, added: 0, unchanged: 0, rejected: 0 };
  private readonly defaults: { reason: SuppressionReason; scope: string };

  /** @throws UnknownReasonError, UnknownScopeError */
  constructor(
    private readonly options: ImportOptions,
    private readonly streams: ReadonlyMap<string, ResolvedStream>,
    private readonly now: () => number,
    private readonly dialect: Dialect,
  ) {
    this.defaults = {
      reason: readReason(options.reason ?? 'manual'),
      scope: readScope(options.scope ?? EVERY_STREAM, streams),
    };
  }

  /** `write` puts one batch on the list, in one transaction. */
  async run(
    source: ImportSource,
    write: (batch: NewSuppression[]) => Promise<SuppressionOutcome[]>,
  ): Promise<ImportResult> {
    let batch: NewSuppression[] = [];
    const put = async (entries: NewSuppression[]) => {
      const outcomes = entries.length > 0 ? await write(entries) : [];
      const unchanged = outcomes.filter((outcome) => outcome === 'unchanged').length;
      this.progress.unchanged += unchanged;
      this.progress.added += outcomes.length - unchanged;
      this.options.onProgress?.({ ...this.progress });
    };
    // While the database takes these the next one is read, no further.
    const writes = new ImportWrites(put, this.dialect === 'postgres' ? 2 : 1);
    const flush = async () => {
      await writes.add(batch, this.options.signal);
      batch = [];
    };
    try {
      this.options.signal?.throwIfAborted();
      for await (const record of importRecords(source)) {
        this.progress.lines++;
        const entry = this.read(record);
        if (entry) batch.push(entry);
        if (batch.length >= this.batchSize()) await flush();
        if (this.progress.lines % LINES_A_TURN === 0) {
          // A text, or SQLite, never waits: without this a long file would keep the application from all else.
          await nextTurn();
          this.options.signal?.throwIfAborted();
        }
      }
      await flush();
    } finally {
      // Whatever ended the import, nothing is written after that.
      await writes.idle();
    }
    writes.throwIfFailed();
    const { added, unchanged, rejected } = this.progress;
    const omitted = rejected - this.rejected.length;
    return { added, unchanged, rejected: this.rejected, ...(omitted > 0 && { omitted }) };
  }

  private batchSize(): number {
    // SQLite's statements stop the application while they run: no large transactions there.
    return this.dialect !== 'sqlite' && this.progress.lines > LONG_LIST ? LARGE_BATCH : BATCH;
  }

  private read(record: string | ImportItem): NewSuppression | null {
    if (typeof record === 'string') return this.readLine(record.replace(/^\ufeff/, ''));
    if (typeof record === 'object' && record !== null) return this.readItem(record);
    return this.reject(asText(record), 'neither a line of text nor an item as export gives it');
  }

  private readLine(line: string): NewSuppression | null {
    if (line.trim() === '') return null;
    if (this.columns === null) {
      const header = readHeader(line);
      this.columns = header ?? DEFAULT_COLUMNS;
      if (header) return null;
    }
    const item = readLine(line, this.columns);
    return typeof item === 'string' ? this.reject(line, item) : this.readItem(item, line);
  }

  private readItem(item: ImportItem, line?: string): NewSuppression | null {
    let value = line ?? '';
    try {
      value = line ?? asText(item.address);
      const nowMs = this.now();
      const since = item.since === undefined ? nowMs : readTime('since', item.since).getTime();
      return {
        ...readMailbox(item.address),
        reason: readReason(item.reason ?? this.defaults.reason),
        scope: readScope(item.scope ?? this.defaults.scope, this.streams),
        // The clock of where the list comes from may be ahead.
        since: new Date(Math.min(since, nowMs)),
        expiresAt: readExpiry(item.expiresAt, nowMs),
        note: textOf(item.note),
        actor: textOf(this.options.actor),
        eventId: this.options.events === false ? '' : randomUUID(),
      };
    } catch (error) {
      // An item may be any object, and its properties may throw.
      const why = error instanceof SesReputationError ? error.message : "the item can't be read";
      return this.reject(value, why);
    }
  }

  private reject(value: string, why: string): null {
    this.progress.rejected++;
    if (this.rejected.length < MOST_REJECTED) {
      this.rejected.push({ line: this.progress.lines, value: value.slice(0, 320), why });
    }
    return null;
  }
}
