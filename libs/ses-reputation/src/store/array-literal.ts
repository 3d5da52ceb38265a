/** What is no character of JSON's texts by itself, or not one that PostgreSQL's arrays write the same way. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const NOT_ALIKE = /[\u0000-\u001f\ud800-\udfff]/;

/** PostgreSQL's text of an array, made faster and with less garbage than the driver makes it of long texts. */
export function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(element).join(',')}}`;
}

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  if (typeof value === 'number') return text;
  // Both escape quotes and backslashes with a backslash; of all else only JSON escapes anything.
  if (!NOT_ALIKE.test(text)) return JSON.stringify(text);
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
