import { html, type Markup } from './html.js';

/** The frame round every page. */
export function layout(title: string, content: Markup): string {
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title}</title>
          <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
          <link rel="stylesheet" href="/assets/shop.css" />
          <script src="/assets/live.js" defer></script>
        </head>
        <body>
          ${content}
        </body>
      </html> `,
  );
}
