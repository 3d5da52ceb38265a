/** An address as `export` gives it; times may be text, as JSON has them. Only the address is needed. */
export interface ImportItem {
  address: string;
  reason?: string;
  scope?: string;
  since?: Date | string;
  expiresAt?: Date | string | null;
  note?: string | null;
}

/**
 * What can be imported: lines (text without line breaks, one each), a file in chunks of text or bytes (UTF-8;
 * chunks may end anywhere), or items as `export` gives them.
 */
export type ImportSource =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array | ImportItem>
  | AsyncIterable<string | Uint8Array | ImportItem>;

/** Longer lines are cut here, and refused by who reads them: a file without line breaks must not fill memory. */
export const LONGEST_LINE = 16_384;

/** Gives each line and each item, in order. */
export async function* importRecords(source: ImportSource): AsyncGenerator<string | ImportItem> {
  const decoder = new TextDecoder();
  // What followed the last line break; `null` while nothing came in chunks.
  let rest: string | null = null;
  for await (const piece of typeof source === 'string' || source instanceof Uint8Array ? [source] : source) {
    const isBytes = piece instanceof Uint8Array;
    if (!isBytes && typeof piece !== 'string') {
      if (rest) yield rest;
      rest = null;
      yield piece;
    } else if (!isBytes && rest === null && !/[\r\n]/.test(piece)) {
      yield piece;
    } else {
      const text: string = (rest ?? '') + (isBytes ? decoder.decode(piece, { stream: true }) : piece);
      // A final CR stays: its LF may begin the next chunk.
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop()!.slice(0, LONGEST_LINE);
      yield* lines;
    }
  }
  rest = (rest ?? '') + decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}
