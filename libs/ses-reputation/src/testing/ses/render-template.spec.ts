import { describe, expect, it } from '@jest/globals';
import { renderTemplate, RenderingError } from './render-template.js';
import { parseTemplate, TemplateSyntaxError } from './template-syntax.js';

const render = (source: string, data: Record<string, unknown>) => renderTemplate(parseTemplate(source), data);

describe('renderTemplate', () => {
  it.each([
    ['Hi {{name}}, {{ name }}!', 'Hi Ann, Ann!'],
    ['{{{markup}}}{{markup}}', '<b>&</b><b>&</b>'],
    ['{{address.city}} {{address/city}}', 'Oslo Oslo'],
    ['{{#if name}}yes{{else}}no{{/if}}{{#if missing}}yes{{else}}no{{/if}}', 'yesno'],
    ['{{#if none}}yes{{/if}}{{#unless none}}empty{{/unless}}', 'empty'],
    ['{{#each items}}{{@index}}:{{title}}{{/each}}', '0:a1:b'],
    ['{{#each words}}{{this}} {{../name}};{{/each}}', 'x Ann;y Ann;'],
    ['{{#each address}}{{@key}}={{this}}{{/each}}', 'city=Oslo'],
    ['{{#each none}}x{{else}}nothing{{/each}}', 'nothing'],
    ['{{#each items}}{{#if best}}{{title}}{{/if}}{{/each}}', 'b'],
    ['a{{! a remark }}b{{!-- with {{braces}} --}}c', 'abc'],
    ['{{nothing}}{{zero}}', '0'],
    ['a { b } c', 'a { b } c'],
  ])('%s', (source, expected) => {
    const data = {
      name: 'Ann',
      markup: '<b>&</b>',
      address: { city: 'Oslo' },
      items: [{ title: 'a' }, { title: 'b', best: true }],
      words: ['x', 'y'],
      none: [],
      nothing: null,
      zero: 0,
    };
    expect(render(source, data)).toBe(expected);
  });

  it.each(['{{name}}', '{{#each name}}{{/each}}', '{{constructor}}'])(
    'misses the attribute of %s',
    (source) => {
      expect(() => render(source, {})).toThrow(RenderingError);
    },
  );

  it('names the attribute in the words of SES', () => {
    expect(() => render('{{user.name}}', { user: {} })).toThrow(
      "Attribute 'user.name' is not present in the rendering data.",
    );
  });

  it.each([
    '{{#if a}}',
    '{{/if}}',
    '{{#if a}}{{/each}}',
    '{{else}}',
    '{{a b}}',
    '{{#with a}}{{/with}}',
    '{{a',
    '{{}}',
  ])('refuses the template %s', (source) => expect(() => parseTemplate(source)).toThrow(TemplateSyntaxError));
});
