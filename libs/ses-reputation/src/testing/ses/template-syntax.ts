export type TemplateNode =
  | { kind: 'text'; text: string }
  | { kind: 'value'; path: string }
  | {
      kind: 'block';
      helper: 'if' | 'unless' | 'each';
      path: string;
      body: TemplateNode[];
      otherwise: TemplateNode[];
    };

/** The template itself can't be read. */
export class TemplateSyntaxError extends Error {}

const TAG = /\{\{\{\s*([^{}]*?)\s*\}\}\}|\{\{(!--[\s\S]*?--|[^{}]*?)\}\}/g;
const PATH = /^(\.\.\/)*(@index|@key|[\w$-]+)([./][\w$-]+)*$/;

/** Reads the braces of a template. What it covers is told at `renderTemplate`. */
export function parseTemplate(source: string): TemplateNode[] {
  const root: TemplateNode[] = [];
  const open: { block: TemplateNode & { kind: 'block' }; nodes: TemplateNode[] }[] = [];
  const add = (node: TemplateNode) => void (open.at(-1)?.nodes ?? root).push(node);
  let at = 0;
  for (const match of source.matchAll(TAG)) {
    if (match.index > at) add({ kind: 'text', text: plainText(source.slice(at, match.index)) });
    at = match.index + match[0].length;
    const tag = (match[1] ?? match[2] ?? '').trim();
    if (tag.startsWith('!')) continue;
    if (tag.startsWith('#')) {
      const block = readBlock(tag);
      add(block);
      open.push({ block, nodes: block.body });
    } else if (tag === 'else') {
      const current = open.at(-1);
      if (!current) throw new TemplateSyntaxError('Template: {{else}} outside of a block.');
      current.nodes = current.block.otherwise;
    } else if (tag.startsWith('/')) {
      if (open.pop()?.block.helper !== tag.slice(1).trim())
        throw new TemplateSyntaxError(`Template: {{${tag}}} closes nothing that is open.`);
    } else add({ kind: 'value', path: checkPath(tag) });
  }
  if (open.length > 0)
    throw new TemplateSyntaxError(`Template: {{#${open.at(-1)!.block.helper}}} is never closed.`);
  if (at < source.length) root.push({ kind: 'text', text: plainText(source.slice(at)) });
  return root;
}

function readBlock(tag: string): TemplateNode & { kind: 'block' } {
  const [, helper = '', path = ''] = /^#\s*(\S+)\s*(.*)$/s.exec(tag) ?? [];
  if (helper !== 'if' && helper !== 'unless' && helper !== 'each')
    throw new TemplateSyntaxError(`Template: {{#${helper}}} is not a helper of this simulator.`);
  return { kind: 'block', helper, path: checkPath(path.trim()), body: [], otherwise: [] };
}

function plainText(text: string): string {
  if (text.includes('{{')) throw new TemplateSyntaxError('Template: {{ is never closed.');
  return text;
}

function checkPath(path: string): string {
  if (!PATH.test(path)) throw new TemplateSyntaxError(`Template: "${path}" is not the name of an attribute.`);
  return path;
}
