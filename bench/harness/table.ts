import type { ComparisonResult } from './compare.js';
import type { Facts } from './facts.js';
import type { TargetResult } from '../targets.js';

/** A comparison as a table for people. */
export function tableOf({ title, unit, better, rounds, contenders }: ComparisonResult): string {
  const rows = contenders.map(({ name, role, median, ratio }) => [
    role === 'limit' ? `${name} (limit)` : name,
    rounded(median),
    role === 'ours' ? '' : ratio.median.toFixed(2),
    role === 'ours' ? '' : `${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)}`,
  ]);
  const heading = `${title} [${unit}, ${better} is better, ${rounds} rounds]`;
  return table(heading, ['', 'median', 'ours is … × as good', 'from … to'], rows);
}

/** Which targets were reached, as a table for people. */
export function targetsTable(targets: readonly TargetResult[]): string {
  const rows = targets.map(({ comparison, contender, wanted, reached }) => [
    contender === null ? comparison : `${comparison}, × ${contender}`,
    wanted.toFixed(2),
    reached?.toFixed(2) ?? '',
    reached === null ? 'not measured' : reached >= wanted ? 'yes' : 'no',
  ]);
  return table('targets', ['', 'wanted', 'median', 'reached'], rows);
}

/** Facts that are compared with nothing, as a table for people. */
export function factsTable({ title, columns, rows }: Facts): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? rounded(cell) : cell)));
  return table(title, columns, cells);
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [title, ...[columns, ...rows].map(line)].join('\n  ');
}

function rounded(figure: number): string {
  return Number(figure.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 });
}
