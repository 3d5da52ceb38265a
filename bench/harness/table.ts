import type { ComparisonResult } from './compare.js';

const COLUMNS = ['', 'median', 'ours is … × as good', 'from … to'] as const;

/** A comparison as a table for people. */
export function tableOf({ title, unit, better, rounds, contenders }: ComparisonResult): string {
  const rows = contenders.map(({ name, role, median, ratio }) => [
    role === 'limit' ? `${name} (limit)` : name,
    rounded(median),
    role === 'ours' ? '' : ratio.median.toFixed(2),
    role === 'ours' ? '' : `${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)}`,
  ]);
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [`${title} [${unit}, ${better} is better, ${rounds} rounds]`, ...[COLUMNS, ...rows].map(line)].join(
    '\n  ',
  );
}

function rounded(figure: number): string {
  return Number(figure.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}
