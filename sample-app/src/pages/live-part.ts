import type { ReputationReport } from 'nestjs-ses-reputation';
import type { AlertView } from '../alerts/alerts.service.js';
import { LIMITS } from '../config/limits.js';
import type { SubscriberState } from '../subscribers/subscribers.service.js';
import { gauge, percent } from './gauge.js';
import { html, type Markup } from './html.js';

/** Everything on the page that moves. */
export interface ShopState {
  report: ReputationReport;
  subscribers: SubscriberState[];
  alerts: AlertView[];
}

/** The part of the page that changes while one looks: fetched again every second. */
export function livePart({ report, subscribers, alerts }: ShopState): Markup {
  return html`<section class="card" aria-labelledby="rates">
      <div class="title">
        <h2 id="rates">Reputation</h2>
        <span class="badge ${report.level}">${report.level}</span>
      </div>
      ${rate('Bounces', 'bounce', report)} ${rate('Complaints', 'complaint', report)}
    </section>
    <section class="card" aria-labelledby="alerts">
      <h2 id="alerts">Alerts</h2>
      ${
        alerts.length === 0
          ? html`<p class="empty">Nothing to worry about yet.</p>`
          : html`<ol class="alerts">
              ${alerts.map(alert)}
            </ol>`
      }
    </section>
    <section class="card" aria-labelledby="subscribers">
      <h2 id="subscribers">Subscribers</h2>
      ${
        subscribers.length === 0
          ? html`<p class="empty">Nobody has signed up.</p>`
          : html`<table>
              <thead>
                <tr>
                  <th scope="col">Address</th>
                  <th scope="col">Newsletter</th>
                  <th scope="col">Signed up</th>
                </tr>
              </thead>
              <tbody>
                ${subscribers.map(subscriber)}
              </tbody>
            </table>`
      }
    </section>`;
}

function rate(title: string, metric: 'bounce' | 'complaint', report: ReputationReport): Markup {
  const { rate, count, volume, level, headroom } = report[metric];
  return html`<div class="rate">
    <p class="figures">
      <strong>${title}</strong> <b>${percent(rate)}</b>
      <span>${count} of ${volume} mails · ${level}${room(headroom)}</span>
    </p>
    ${gauge(rate, LIMITS[metric])}
  </div>`;
}

function room(headroom: number | null): string {
  return headroom === null ? '' : ` · ${headroom} more until the next level`;
}

function alert({ name, at, message }: AlertView): Markup {
  return html`<li>
    <p><code class="${severity(name)}">${name}</code> ${time(at)}</p>
    <p>${message}</p>
  </li>`;
}

function severity(name: string): string {
  if (name === 'ses.reputation.recovered') return 'good';
  return name.startsWith('ses.reputation.') || name === 'ses.account.changed' ? 'urgent' : 'plain';
}

function subscriber({ email, signedUpAt, suppressed }: SubscriberState): Markup {
  return html`<tr>
    <td class="address">${email}</td>
    <td>
      ${
        suppressed
          ? html`<span class="badge pause">suppressed</span> ${suppressed.reason}`
          : html`<span class="badge healthy">gets it</span>`
      }
    </td>
    <td>${time(signedUpAt)}</td>
  </tr>`;
}

function time(at: Date): Markup {
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}
