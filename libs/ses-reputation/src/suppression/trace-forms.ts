/**
 * How one character may be written where a text was encoded on its way, up to three times over. No form is the
 * beginning of another, and every repetition is bounded: a text can be read in one way only, so that a search
 * takes time in proportion to the text, whatever somebody has put into it.
 */
export function formsOf(character: string): string {
  return `(?:${[...new Set([character, character.normalize('NFD')])].map(literal).join('|')}|${encoded(character)})`;
}

/** As {@link formsOf}, for a character that a quoted text may have a backslash before, itself encoded. */
export function quotableFormsOf(character: string): string {
  const itself = [...new Set([character, character.normalize('NFD')])].map(literal);
  const backslash = String.raw`(?:\\|%(?:25){0,2}5c){0,8}`;
  return `(?:${backslash}(?:${[...itself, percent(character), quotedPrintable(character)].join('|')})|${json(character)}|${entity(character)})`;
}

/** Percent-encoded, JSON-escaped, quoted-printable, or as an HTML entity. */
export function encoded(character: string): string {
  return [json(character), percent(character), quotedPrintable(character), entity(character)].join('|');
}

export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function json(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => String.raw`\\{1,8}u${hex(unit, 4)}`).join('');
}

function percent(character: string): string {
  return bytes(character)
    .map((byte) => `%(?:25){0,2}${hex(byte, 2)}`)
    .join('');
}

function quotedPrintable(character: string): string {
  return bytes(character)
    .map((byte) => `=${hex(byte, 2)}`)
    .join('');
}

function entity(character: string): string {
  const code = character.codePointAt(0)!;
  return `&#(?:0{0,4}${code}|x0{0,4}${code.toString(16)});`;
}

function bytes(text: string): number[] {
  return [...Buffer.from(text)];
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
