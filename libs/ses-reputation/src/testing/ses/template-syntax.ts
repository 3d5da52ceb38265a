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

// Deeper than anybody writes; what reads and renders them calls itself for each level.
const MAX_DEPTH = 100;
const PATH = /^(\.\.\/)*(@index|@key|[\w$-]+)([./][\w$-]+)*$/;

/** Reads the braces of a template. What it covers is told at `renderTemplate`. */
export function parseTemplate(source: string): TemplateNode[] {
  const root: TemplateNode[] = [];
  const open: { block: TemplateNode & { kind: 'block' }; nodes: TemplateNode[] }[] = [];
  const add = (node: TemplateNode) => void (open.at(-1)?.nodes ?? root).push(node);
  for (const { text, tag } of tokens(source)) {
    if (text !== '') add({ kind: 'text', text });
    if (tag === undefined || tag.startsWith('!')) continue;
    if (tag.startsWith('#')) {
      const block = readBlock(tag);
      add(block);
      if (open.length >= MAX_DEPTH)
        throw new TemplateSyntaxError(`Template: blocks are nested deeper than ${MAX_DEPTH}.`);
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
  return root;
}

function readBlock(tag: string): TemplateNode & { kind: 'block' } {
  const [, helper = '', path = ''] = /^#\s*(\S+)\s*(.*)$/s.exec(tag) ?? [];
  if (helper !== 'if' && helper !== 'unless' && helper !== 'each')
    throw new TemplateSyntaxError(`Template: {{#${helper}}} is not a helper of this simulator.`);
  return { kind: 'block', helper, path: checkPath(path.trim()), body: [], otherwise: [] };
}

/** Each tag without its braces, and the text before it. Found by searching, as a pattern would search again and again. */
function* tokens(source: string): Generator<{ text: string; tag?: string }> {
  let at = 0;
  let hasLongComments = true;
  for (let start = source.indexOf('{{'); start !== -1; start = source.indexOf('{{', at)) {
    let close = source.startsWith('{{{', start) ? '}}}' : '}}';
    if (hasLongComments && source.startsWith('{{!--', start)) {
      hasLongComments = source.includes('--}}', start);
      if (hasLongComments) close = '--}}';
    }
    const end = source.indexOf(close, start + 2);
    if (end === -1) throw new TemplateSyntaxError('Template: {{ is never closed.');
    const inner = source.slice(start + (close === '}}}' ? 3 : 2), end).trim();
    yield { text: source.slice(at, start), tag: inner };
    at = end + close.length;
  }
  yield { text: source.slice(at) };
}

function checkPath(path: string): string {
  if (!PATH.test(path)) throw new TemplateSyntaxError(`Template: "${path}" is not the name of an attribute.`);
  return path;
}
