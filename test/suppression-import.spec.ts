import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SuppressedAddress } from '../libs/ses-reputation/src/suppression/suppressed-address.entity.js';
import type { ImportProgress } from '../libs/ses-reputation/src/suppression/suppression-import.js';
import type { SuppressionItem } from '../libs/ses-reputation/src/suppression/suppression-options.js';
import { SUPPRESSION_REASONS } from '../libs/ses-reputation/src/suppression/suppression-reason.js';
import { databaseKinds } from './support/databases.js';
import { startSuppression, type SuppressionHarness } from './support/suppression-harness.js';

const DAY_MS = 86_400_000;

describe.each(databaseKinds())('import and export on $name', (kind) => {
  let list: SuppressionHarness;
  beforeAll(async () => {
    list = await startSuppression(kind);
  });
  beforeEach(() => list.clear());
  afterAll(() => list.stop());

  const exported = async (options = {}) => {
    const items: SuppressionItem[] = [];
    for await (const item of list.suppression.export(options)) items.push(item);
    return items;
  };

  it('reads a file of bytes: byte-order mark, header, empty lines, and tells what it could not read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ses-import-'));
    const file = join(directory, 'list.csv');
    await writeFile(
      file,
      [
        '\ufeffEmail,Reason,Last Update Time',
        'ann@example.com,BOUNCE,2026-01-02T03:04:05Z',
        '',
        'nobody',
        '"bob@example.com",COMPLAINT,2026-01-02',
        'ANN@example.com,BOUNCE',
        'cy@example.com,because',
        'cy@example.com,BOUNCE,yesterday',
      ].join('\r\n'),
    );
    const result = await list.suppression.import(createReadStream(file, { highWaterMark: 7 }));
    expect(result).toEqual({
      added: 2,
      unchanged: 1,
      rejected: [
        { line: 4, value: 'nobody', why: expect.stringContaining('not an address') },
        { line: 7, value: 'cy@example.com,because', why: expect.stringContaining('use one of complaint') },
        { line: 8, value: 'cy@example.com,BOUNCE,yesterday', why: expect.stringContaining('since') },
      ],
    });
    expect(await exported()).toMatchObject([
      { address: 'ann@example.com', reason: 'hard-bounce', since: new Date('2026-01-02T03:04:05Z') },
      { address: 'bob@example.com', reason: 'complaint', since: new Date('2026-01-02') },
    ]);
    await rm(directory, { recursive: true });
  });

  it('takes what options say for what lines do not, and raises an event for each new one', async () => {
    const lines = ['ann@example.com', 'bob@example.com,complaint'];
    await list.suppression.import(lines, { reason: 'unsubscribe', scope: 'newsletter', actor: 'Bob' });
    expect(await exported()).toMatchObject([
      { address: 'ann@example.com', reason: 'unsubscribe', scope: 'newsletter' },
      { address: 'bob@example.com', reason: 'complaint', scope: 'newsletter' },
    ]);
    expect((await list.suppression.history('ann@example.com'))[0]).toMatchObject({ actor: 'Bob' });
    expect((await list.raised()).map(({ name }) => name).toSorted()).toEqual([
      'ses.suppression.added',
      'ses.suppression.added',
      'ses.unsubscribe',
    ]);
    await expect(list.suppression.import([], { scope: 'news' })).rejects.toMatchObject({
      code: 'SES_UNKNOWN_SCOPE',
    });
    await expect(list.suppression.import([], { reason: 'spam' as 'manual' })).rejects.toMatchObject({
      code: 'SES_UNKNOWN_REASON',
    });
  });

  it('raises no events where it is told so, and keeps the history', async () => {
    const lines = ['ann@example.com', 'bob@example.com,unsubscribe'];
    expect(await list.suppression.import(lines, { events: false })).toMatchObject({ added: 2 });
    expect(await list.raised()).toEqual([]);
    expect(await list.suppression.history('bob@example.com')).toMatchObject([{ action: 'added' }]);
    expect(await exported()).toHaveLength(2);
  });

  it('takes a list that is longer than many transactions, twice', async () => {
    const lines = Array.from({ length: 23_456 }, (_, i) => `a${i}@example.com`);
    const progress: ImportProgress[] = [];
    const options = { events: false, onProgress: (now: ImportProgress) => void progress.push(now) };
    expect(await list.suppression.import(lines, options)).toEqual({
      added: 23_456,
      unchanged: 0,
      rejected: [],
    });
    expect(progress.length).toBeGreaterThan(10);
    expect(progress.map(({ added }) => added)).toEqual(
      progress.map(({ added }) => added).toSorted((a, b) => a - b),
    );
    expect(await list.suppression.import(lines, options)).toMatchObject({ added: 0, unchanged: 23_456 });
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(23_456);
  });

  it('has ended writing when it fails for its source', async () => {
    const broken = (function* () {
      for (let i = 0; i < 1_500; i++) yield `a${i}@example.com`;
      throw new Error('no more of the file');
    })();
    await expect(list.suppression.import(broken, { events: false })).rejects.toThrow('no more of the file');
    // The full batch was handed over before that, and is there: not the part of the next one.
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(1_000);
  });

  it('strengthens what is there, and counts it as added', async () => {
    await list.suppression.suppress('ann@example.com', { reason: 'soft-bounces' });
    await list.suppression.suppress('bob@example.com', { reason: 'complaint' });
    await list.raised();
    const result = await list.suppression.import(['ann@example.com,COMPLAINT', 'bob@example.com,BOUNCE']);
    expect(result).toEqual({ added: 1, unchanged: 1, rejected: [] });
    expect((await exported()).map(({ reason }) => reason)).toEqual(['complaint', 'complaint']);
    expect(await list.raised()).toEqual([]);
  });

  it('rejects items that make no sense, each with its reason', async () => {
    const { rejected } = await list.suppression.import([
      { address: '', reason: 'manual' },
      { address: 'a@example.com', scope: 'news' },
      { address: 'a@example.com', expiresAt: new Date(list.clock.nowMs) },
      { address: 'a@example.com', since: new Date(NaN) },
      null as unknown as string,
      7 as unknown as string,
    ]);
    expect(rejected.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(rejected.map(({ why }) => /address|stream|expiresAt|since|neither/.exec(why)?.[0])).toEqual([
      'address',
      'stream',
      'expiresAt',
      'since',
      'neither',
      'neither',
    ]);
    expect(await exported()).toEqual([]);
  });

  it('rejects items that can not be made text of, one by one', async () => {
    const bare = Object.create(null) as string;
    const { added, rejected } = await list.suppression.import([
      { address: bare },
      { address: Symbol('ann') as unknown as string },
      {
        get address(): string {
          throw new Error('no');
        },
      },
      { address: 'ann@example.com', since: Object.create(Date.prototype) as Date },
      Object.assign(() => 1, { toString: null }) as unknown as string,
      { address: 'ann@example.com', note: bare },
    ]);
    expect(added).toBe(1);
    expect(rejected.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    await expect(list.suppression.suppress(bare, { reason: 'manual' })).rejects.toMatchObject({
      code: 'SES_INVALID_ADDRESS',
    });
  });

  it('passes over a first line that is far too long', async () => {
    const result = await list.suppression.import(`${'b'.repeat(20_000_000)}\nann@example.com`);
    expect(result).toMatchObject({
      added: 1,
      rejected: [{ line: 1, why: expect.stringMatching('less than') }],
    });
  });

  it('lets the application go on during a long text, and ends when it is told to then', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error('enough')));
    const nobody = 'nobody\n'.repeat(50_000);
    await expect(list.suppression.import(nobody, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('keeps the first 1,000 rejected lines and counts the others', async () => {
    const progress: ImportProgress[] = [];
    const lines = (function* () {
      for (let i = 0; i < 1_234; i++) yield `nobody ${i}`;
      yield 'ann@example.com';
    })();
    const result = await list.suppression.import(lines, { onProgress: (now) => progress.push(now) });
    expect(result.rejected).toHaveLength(1_000);
    expect(result).toMatchObject({ added: 1, unchanged: 0, omitted: 234 });
    expect(progress.at(-1)).toEqual({ lines: 1_235, added: 1, unchanged: 0, rejected: 1_234 });
  });

  it('ends when it is told to, and keeps what was done', async () => {
    const controller = new AbortController();
    let progress = 0;
    const lines = (function* () {
      for (let i = 0; ; i++) yield `a${i}@example.com`;
    })();
    const stopped = list.suppression.import(lines, {
      signal: controller.signal,
      onProgress: ({ added }) => {
        progress = added;
        if (added >= 1_000) controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    // A batch that was on its way is told of as well.
    expect(kind.name === 'PostgreSQL' ? [1_000, 2_000] : [1_000]).toContain(progress);
    expect(await list.dataSource.manager.count(SuppressedAddress)).toBe(progress);
    await expect(
      list.suppression.import(['x@example.com'], { signal: AbortSignal.abort(new Error('before')) }),
    ).rejects.toThrow('before');
  });

  if (kind.name === 'PostgreSQL') {
    it('lets the database know of a long list at once', async () => {
      const known = async () => {
        const [{ rows }] = await list.dataSource.query(
          "SELECT reltuples AS rows FROM pg_class WHERE relname = 'ses_suppressed_address'",
        );
        return Number(rows);
      };
      const lines = Array.from({ length: 12_000 }, (_, n) => `reader-${n}@example.com`);
      await list.suppression.import(lines, { events: false });
      expect(await known()).toBe(await list.dataSource.manager.count(SuppressedAddress));
    });
  }

  it('exports more than a page, each once, by reason and scope', async () => {
    const lines = Array.from({ length: 2_100 }, (_, i) => `a${i}@example.com,${i % 2 ? 'BOUNCE' : 'manual'}`);
    expect(await list.suppression.import(lines)).toMatchObject({ added: 2_100 });
    const progress: number[] = [];
    const all = await exported({
      onProgress: ({ exported }: { exported: number }) => progress.push(exported),
    });
    expect(progress).toEqual([1_000, 2_000, 2_100]);
    expect(new Set(all.map(({ address }) => address)).size).toBe(2_100);
    expect(await exported({ reason: 'hard-bounce' })).toHaveLength(1_050);
    expect(await exported({ scope: 'newsletter' })).toEqual([]);
    expect(() => list.suppression.export({ reasons: 'manual' } as never)).toThrow('reasons');
    expect(() => list.suppression.export({ reason: 'spam' as 'manual' })).toThrow(
      expect.objectContaining({ code: 'SES_UNKNOWN_REASON' }),
    );
  });

  it('imports the same list from two sides at once', async () => {
    const lines = Array.from({ length: 1_500 }, (_, i) => `a${i}@example.com`);
    const results = await Promise.all([
      list.suppression.import(lines),
      list.instance().import(lines.toReversed()),
    ]);
    expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(1_500);
    expect(await list.raised()).toHaveLength(1_500);
  });

  it('gives the list back when what was exported is imported', async () => {
    const now = list.clock.nowMs;
    const item = fc.record({
      address: fc.oneof(
        fc.emailAddress(),
        fc.constantFrom('Émile@exämple.org', '"a b"@example.com', '漢字@example.com', 'A@Example.com'),
      ),
      reason: fc.constantFrom(...SUPPRESSION_REASONS),
      scope: fc.constantFrom('*', 'newsletter', 'transactional'),
      since: fc.integer({ min: 0, max: 1_000 }).map((days) => new Date(now - days * DAY_MS)),
      expiresAt: fc.option(fc.integer({ min: 1, max: 1_000 }).map((days) => new Date(now + days * DAY_MS))),
      note: fc.option(fc.string({ unit: 'grapheme', maxLength: 30 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), fc.boolean(), async (items, asJson) => {
        await list.clear();
        expect((await list.suppression.import(items)).rejected).toEqual([]);
        const before = await exported();
        const again = await list.suppression.import(before);
        expect(again).toEqual({ added: 0, unchanged: before.length, rejected: [] });
        await list.clear();
        await list.suppression.import(asJson ? JSON.parse(JSON.stringify(before)) : before);
        expect(await exported()).toEqual(before);
      }),
      { numRuns: 25 },
    );
  });
});
