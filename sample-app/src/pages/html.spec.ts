import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('html', () => {
  it('escapes what comes from people, in text and in attributes', () => {
    const name = `<script>alert(1)</script>`;
    const title = `" onload='x' & more`;
    expect(String(html`<p title="${title}">${name}</p>`)).toBe(
      '<p title="&quot; onload=&#39;x&#39; &amp; more">&lt;script&gt;alert(1)&lt;/script&gt;</p>',
    );
  });

  it('keeps its own markup, also in lists, and escapes only once', () => {
    const items = ['a & b', '<c>'].map((item) => html`<li>${item}</li>`);
    expect(
      String(
        html`<ul>
          ${items}
        </ul>`,
      ),
    ).toContain('<li>a &amp; b</li><li>&lt;c&gt;</li>');
  });

  it('does not take an object that only looks like markup', () => {
    const forged = { toString: () => '<script>', map: () => ['<script>'] } as unknown as string;
    expect(String(html`${forged}`)).not.toContain('<script>');
  });

  it('shows nothing for what is not there, and numbers as they are', () => {
    expect(String(html`[${null}${undefined}${0}]`)).toBe('[0]');
  });
});
