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
  return html`<svg class="gauge" viewBox="-8 0 616 44" aria-hidden="true">
    ${ZONES.map((zone, i) => {
      const left = i * ZONE_WIDTH + (i === 0 ? 0 : GAP / 2);
      const middle = (i + 0.5) * ZONE_WIDTH;
      return html`<rect
          class="zone ${zone}"
          x="${left}"
          y="14"
          width="${ZONE_WIDTH - GAP}"
          height="10"
          rx="3"
        />
        <text class="zone-name" x="${middle}" y="40">${zone}</text>`;
    })}
    ${edges.map((edge, i) => html`<text x="${(i + 1) * ZONE_WIDTH}" y="40">${percent(edge)}</text>`)}
    <path class="needle" d="M${x.toFixed(1)} 19 l-6.5 -15 h13 z" />
  </svg>`;
}

/** A fraction as people read it. */
export function percent(fraction: number): string {
  return `${(fraction * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}
