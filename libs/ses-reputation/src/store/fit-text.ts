/** U+0000 (PostgreSQL refuses it) and lone surrogates (no database can encode them) become U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** Makes a text storable and cuts it to at most `max` UTF-16 code units, never through a surrogate pair. */
export function fitText(text: string, max: number): string {
  return storable(text.length > max ? text.slice(0, max).replace(/[\ud800-\udbff]$/, '') : text);
}

/** Makes a text storable and cuts it to at most `maxBytes` bytes of UTF-8. */
export function fitBytes(text: string, maxBytes: number): string {
  const clean = storable(text);
  if (Buffer.byteLength(clean) <= maxBytes) return clean;
  return new TextDecoder().decode(Buffer.from(clean).subarray(0, maxBytes), { stream: true });
}
