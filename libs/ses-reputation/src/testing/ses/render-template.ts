import type { TemplateNode } from './template-syntax.js';

/** The data doesn't fit the template. SES finds out after it accepted the mail. */
export class RenderingError extends Error {}

/** One level of `{{#each}}`: the item, and its index or key. */
interface Scope {
  item: unknown;
  key?: string | number;
}

/**
 * The part of Handlebars that SES templates use: `{{name}}`, `{{{name}}}`, dotted paths, `{{this}}`,
 * `{{#if}}`, `{{#unless}}` and `{{#each}}` with `{{else}}`, `../`, `{{@index}}`, `{{@key}}`, comments. Not
 * covered: inline partials. Like SES, and unlike Handlebars, it escapes nothing in HTML and takes a missing
 * attribute for an error.
 *
 * @throws RenderingError "Attribute 'name' is not present in the rendering data."
 */
export function renderTemplate(template: TemplateNode[], data: Record<string, unknown>): string {
  return new Rendering().nodes(template, [{ item: data }]);
}

// Loops within loops multiply: without an end to it a small template takes for ever.
const MAX_STEPS = 1_000_000;

class Rendering {
  private steps = 0;

  nodes(nodes: TemplateNode[], scopes: Scope[]): string {
    return nodes.map((node) => this.node(node, scopes)).join('');
  }

  private node(node: TemplateNode, scopes: Scope[]): string {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new RenderingError('The rendered template is too large.');
    if (node.kind === 'text') return node.text;
    const value = lookUp(node.path, scopes);
    if (node.kind === 'block' && node.helper !== 'each')
      return this.nodes(isTrue(value) === (node.helper === 'if') ? node.body : node.otherwise, scopes);
    if (value === undefined)
      throw new RenderingError(`Attribute '${node.path}' is not present in the rendering data.`);
    if (node.kind === 'value') return textOf(value);
    const items = Object.entries(value ?? {});
    if (items.length === 0) return this.nodes(node.otherwise, scopes);
    return items.map(([key, item]) => this.nodes(node.body, [...scopes, { item, key }])).join('');
  }
}

/** As `String` does, save that an object of the data may bring a `toString` that is no function. */
function textOf(value: unknown): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'object' ? '[object Object]' : String(value);
}

function lookUp(path: string, scopes: Scope[]): unknown {
  const outward = /^(?:\.\.\/)*/.exec(path)![0];
  const scope = scopes.at(-1 - outward.length / 3);
  const names = path.slice(outward.length).split(/[./]/);
  if (names[0] === '@index' || names[0] === '@key') return scope?.key;
  if (names[0] === 'this') names.shift();
  return names.reduce(memberOf, scope?.item);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
