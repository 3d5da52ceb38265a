import type { ComparedContender, ComparisonResult } from './harness/compare.js';

/** What one figure should reach: so many times as good as a peer, or such a share of a limit. */
export interface Target {
  /** The comparisons it is meant for, by their titles. */
  title: RegExp;
  role: 'peer' | 'limit';
  /** Where a comparison has several of that role: the one whose name this finds. */
  name?: RegExp;
  /** Ours is at least so many times as good. Below 1 where a bit more of time or memory is allowed. */
  ratio: number;
}

export interface TargetResult {
  /** Title of the comparison, or what was looked for and not measured. */
  comparison: string;
  contender: string | null;
  wanted: number;
  /** Median ratio; `null` if no comparison fits. */
  reached: number | null;
}

/** By name of the benchmark. */
export const TARGETS: Record<string, readonly Target[]> = {
  validate: [
    { title: /^validate: a signed/, role: 'peer', ratio: 5 },
    { title: /^validate: a signed/, role: 'limit', ratio: 0.65 },
  ],
  ingest: [
    { title: /^ingest: .*batches of 10.*PostgreSQL/, role: 'peer', ratio: 25 },
    { title: /^ingest: .*batches of 10.*PostgreSQL/, role: 'limit', ratio: 0.5 },
  ],
  http: [
    { title: /^http: signed .*Fastify and PostgreSQL/, role: 'peer', ratio: 10 },
    { title: /^http: signed .*Fastify and PostgreSQL/, role: 'limit', name: /node:http/, ratio: 0.5 },
    { title: /^http: signed .*Express and PostgreSQL/, role: 'peer', ratio: 6 },
    { title: /^http: signed .*Express and PostgreSQL/, role: 'limit', name: /Express/, ratio: 0.8 },
    { title: /^http: .*p99/, role: 'peer', ratio: 2 },
  ],
  send: [
    { title: /^send: one mail/, role: 'peer', ratio: 1.4 },
    { title: /^send: one mail/, role: 'limit', ratio: 0.85 },
  ],
  'send-many': [
    { title: /^sendMany: .*template/, role: 'peer', ratio: 20 },
    { title: /^sendMany: .*template/, role: 'limit', ratio: 0.7 },
  ],
  check: [
    { title: /^check: 50 of 10,000,000/, role: 'peer', ratio: 15 },
    { title: /^check: 50 of 10,000,000/, role: 'limit', ratio: 0.7 },
  ],
  import: [{ title: /^import: .*10,000,000.*PostgreSQL/, role: 'limit', ratio: 0.4 }],
  report: [
    { title: /^report: rates after 10,000,000/, role: 'peer', name: /COUNT/, ratio: 500 },
    { title: /^report: rates after 10,000,000/, role: 'peer', name: /itself/, ratio: 1 / 1.5 },
  ],
  'import-cost': [
    { title: /^import-cost: time/, role: 'peer', ratio: 1 / 1.25 },
    { title: /^import-cost: heap/, role: 'peer', ratio: 1 / 1.25 },
  ],
};

/** How the benchmarks that ran stand against their targets: one line for each comparison that a target is meant for. */
export function targetsOf(
  benchmarks: readonly string[],
  results: readonly ComparisonResult[],
): TargetResult[] {
  const targets = benchmarks.flatMap((name) => TARGETS[name] ?? []);
  return targets.flatMap((target): TargetResult[] => {
    const found = results.flatMap((result) => {
      const contender = target.title.test(result.title) ? contenderOf(target, result) : undefined;
      return contender ? [resultOf(target, result, contender)] : [];
    });
    const missing = {
      comparison: String(target.title),
      contender: null,
      reached: null,
      wanted: target.ratio,
    };
    return found.length > 0 ? found : [missing];
  });
}

function contenderOf({ role, name }: Target, result: ComparisonResult): ComparedContender | undefined {
  return result.contenders.find(
    (contender) => contender.role === role && (name?.test(contender.name) ?? true),
  );
}

function resultOf(
  { ratio }: Target,
  { title }: ComparisonResult,
  contender: ComparedContender,
): TargetResult {
  return { comparison: title, contender: contender.name, wanted: ratio, reached: contender.ratio.median };
}
