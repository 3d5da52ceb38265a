import { STATUS_CODES } from 'node:http';
import { html } from './html.js';
import { layout } from './layout.js';

/** What a browser shows when something was refused or went wrong. */
export function errorPage(status: number, sentences: string[]): string {
  return layout(
    `${status} · Corner Shop`,
    html`<main class="message">
      <h1>${STATUS_CODES[status] ?? 'Error'}</h1>
      ${sentences.map((sentence) => html`<p>${sentence}</p>`)}
      <p><a href="/">Back to the shop</a></p>
    </main>`,
  );
}
