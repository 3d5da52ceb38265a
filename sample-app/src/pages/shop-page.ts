import { html, type Markup } from './html.js';
import { layout } from './layout.js';
import { livePart, type ShopState } from './live-part.js';

/** The whole shop on one page. */
export function shopPage(state: ShopState, about: string, isRehearsal: boolean, said: string | null): string {
  return layout(
    'Corner Shop',
    html`<header>
        <h1>Corner Shop</h1>
        <p>${about}</p>
      </header>
      <main>
        <div class="forms">
          ${said ? html`<p class="notice" role="status">${said}</p>` : null} ${signUpForm(isRehearsal)}
          ${newsletterForm()}
          <noscript><p class="hint">Reload the page to see what came back.</p></noscript>
        </div>
        <div id="live" class="live">${livePart(state)}</div>
      </main>
      <footer>
        <p>
          This page has no login. As data: <a href="/subscribers">/subscribers</a>,
          <a href="/alerts">/alerts</a>, <a href="/health">/health</a>
        </p>
      </footer>`,
  );
}

function signUpForm(isRehearsal: boolean): Markup {
  return html`<form class="card" method="post" action="/signup">
    <h2>Sign up</h2>
    <label for="email">E-mail address</label>
    <input id="email" name="email" type="email" required maxlength="254" placeholder="ann@example.com" />
    ${
      isRehearsal
        ? html`<p class="hint">
            Anybody at <code>hard.test</code> bounces for good, at <code>soft.test</code> for now, and at
            <code>complaint.test</code> calls it spam. Try <code>nobody@hard.test</code>.
          </p>`
        : null
    }
    <button>Sign up</button>
  </form>`;
}

function newsletterForm(): Markup {
  return html`<form class="card" method="post" action="/newsletter">
    <h2>Newsletter</h2>
    <label for="subject">Subject</label>
    <input id="subject" name="subject" required maxlength="200" value="Fresh bread on Friday" />
    <label for="text">Text</label>
    <textarea id="text" name="text" required maxlength="50000" rows="4">
Dear neighbours,

the oven is lit at six. Come early.</textarea>
    <p class="hint">One mail to each subscriber. Suppressed addresses are skipped.</p>
    <button>Send to everybody</button>
  </form>`;
}
