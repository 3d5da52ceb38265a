import type { Limits } from '../config/limits.js';
import { html, type Markup } from './html.js';

const ZONES = ['healthy', 'warning', 'review', 'pause'] as const;
const ZONE_WIDTH = 150;
const GAP = 3;

/**
 * Where a rate stands on a gauge of four zones of equal width, 0 to 4. Amazon's limits are so close to zero
 * that an even scale would show nothing but its left edge.
 */
export function gaugePosition(rate: number, { warning, review, pause }: Limits): number {
  const edges = [0, warning, review, pause, 1];
  const zone = edges.findLastIndex((edge, i) => i < ZONES.length && rate >= edge);
  const [from, to] = [edges[zone]!, edges[zone + 1]!];
  return zone + Math.min(1, (rate - from) / (to - from));
}

/** The rate against its limits. The figures beside it say the same in words. */
export function gauge(rate: number, limits: Limits): Markup {
  const x = gaugePosition(rate, limits) * ZONE_WIDTH;
  const edges = [limits.warning, limits.review, limits.pause];
  return html`<svg class="gauge" viewBox="-8 0 616 46" aria-hidden="true">
    ${ZONES.map(
      (zone, i) =>
        html`<rect
          class="zone ${zone}"
          x="${i * ZONE_WIDTH + (i ? GAP / 2 : 0)}"
          y="12"
          width="${ZONE_WIDTH - GAP}"
          height="10"
          rx="3"
        />`,
    )}
    ${edges.map(
      (edge, i) =>
        html`<text x="${(i + 1) * ZONE_WIDTH}" y="42" text-anchor="middle">${percent(edge)}</text>`,
    )}
    <path class="needle" d="M${x.toFixed(1)} 26 l-6 -17 h12 z" transform="translate(0 -3)" />
  </svg>`;
}

/** A fraction as people read it. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}
