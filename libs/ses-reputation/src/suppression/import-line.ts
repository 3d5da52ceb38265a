import { addressKey } from '../address/address-key.js';
import { LONGEST_LINE, type ImportItem } from './import-records.js';

/** What the columns of a CSV file hold, by position. */
export type ImportColumns = readonly (keyof ImportItem | null)[];

/** Without a header: `address`, `address,reason` (as SES itself has it) or `address,reason,since`. */
export const DEFAULT_COLUMNS: ImportColumns = ['address', 'reason', 'since'];

const COLUMN_NAMES = new Map<string, keyof ImportItem>([
  ...['address', 'email', 'emailaddress', 'recipient'].map((name) => [name, 'address'] as const),
  ...['reason', 'scope', 'note'].map((name) => [name, name as keyof ImportItem] as const),
  ['stream', 'scope'],
  ...['since', 'createdat', 'lastupdatetime'].map((name) => [name, 'since'] as const),
  ...['expiresat', 'expires'].map((name) => [name, 'expiresAt'] as const),
]);

/** SES's own words for its reasons. */
const SES_REASONS = new Map([
  ['bounce', 'hard-bounce'],
  ['complaint', 'complaint'],
]);

/** The columns that a header line names; `null` if the line is no header. */
export function readHeader(line: string): ImportColumns | null {
  if (line.length >= LONGEST_LINE || line.includes('@')) return null;
  const names = csvFields(line)?.map((field) => field.replace(/[^a-z]/gi, '').toLowerCase());
  if (!names) return null;
  const columns = names.map((name) => COLUMN_NAMES.get(name) ?? null);
  return columns.includes('address') ? columns : null;
}

/** One line as an item; a text that says why not, if its form is wrong. */
export function readLine(line: string, columns: ImportColumns): ImportItem | string {
  if (line.length >= LONGEST_LINE) return `a line has less than ${LONGEST_LINE} characters`;
  // First, since a display name may hold what looks like columns: "Smith, Ann" <ann@example.com>
  if (addressKey(line) !== null) return { address: line };
  const fields = csvFields(line);
  if (!fields) return 'a quoted field does not end on its line';
  const item: ImportItem = { address: '' };
  columns.forEach((column, i) => {
    const value = fields[i];
    if (column !== null && value) item[column] = column === 'reason' ? readReasonWord(value) : value;
  });
  return item;
}

function readReasonWord(word: string): string {
  const plain = word.toLowerCase().replace(/[\s_]+/g, '-');
  return SES_REASONS.get(plain) ?? plain;
}

/** The fields between commas, semicolons or tabs, whichever comes first; `null` if a quote is left open. */
function csvFields(line: string): string[] | null {
  const delimiter = delimiterOf(line);
  const fields: string[] = [];
  let field = '';
  let blank = true;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quoted && c === '"' && line[i + 1] === '"') {
      field += '"';
      i++;
    } else if (c === '"' && (quoted || blank)) {
      quoted = !quoted;
      if (quoted) field = '';
      blank = false;
    } else if (c === delimiter && !quoted) {
      fields.push(field.trim());
      field = '';
      blank = true;
    } else {
      field += c;
      blank &&= c.trim() === '';
    }
  }
  return quoted ? null : [...fields, field.trim()];
}

/** The first that is not between quotes. Looked for by hand: a pattern for this took exponential time on `"""…`. */
function delimiterOf(line: string): string {
  let quoted = false;
  for (const c of line) {
    if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === ';' || c === '\t')) return c;
  }
  return ',';
}
