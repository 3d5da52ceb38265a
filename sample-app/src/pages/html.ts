const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that may be shown as it is. Only {@link html} makes it. */
export class Markup {
  constructor(private readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

type Value = Markup | string | number | null | undefined | readonly Value[];

/** Writes HTML: every value is escaped, unless it is markup that this function made. */
export function html(pieces: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(pieces.reduce((before, piece, i) => before + show(values[i - 1]) + piece));
}

function show(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  if (Array.isArray(value)) return value.map(show).join('');
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
