/** The namespace of the API version that every SNS client speaks. */
export const SNS_NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** Text is escaped, a list repeats its element, and undefined leaves the element out. */
export type XmlContent = string | XmlElements | XmlContent[] | undefined;

export interface XmlElements {
  [name: string]: XmlContent;
}

/** Writes elements in the order of the keys. */
export function toXml(elements: XmlElements): string {
  return Object.entries(elements)
    .map(([name, content]) => writeElement(name, content))
    .join('');
}

/** `<Attributes><entry><key>…</key><value>…</value></entry>…` */
export function xmlEntries(attributes: Iterable<readonly [string, string]>): XmlElements {
  return { entry: [...attributes].map(([key, value]) => ({ key, value })) };
}

/** `<Topics><member>…</member>…` */
export function xmlMembers(members: XmlElements[]): XmlElements {
  return { member: members };
}

function writeElement(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((one) => writeElement(name, one)).join('');
  const inner = typeof content === 'string' ? escapeText(content) : toXml(content);
  return `<${name}>${inner}</${name}>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

function escapeText(text: string): string {
  return (
    text
      .replace(/[&<>\r]/g, (character) => ENTITIES[character]!)
      // XML 1.0 has no way to write these, and one of them would make the whole answer unreadable.
      .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
  );
}
