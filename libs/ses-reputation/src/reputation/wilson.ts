/** Between which fractions a true rate lies. */
export interface RateInterval {
  low: number;
  high: number;
}

/** Of the standard normal distribution: 95 % of it lie within so many standard deviations. */
const Z = 1.959963984540054;

/**
 * The Wilson score interval: the true rates, from 0 to 1, that go with what was counted at a confidence of 95 %.
 * Nothing counted says nothing: `{ low: 0, high: 1 }`.
 */
export function wilsonInterval(count: number, volume: number): RateInterval {
  if (!(volume > 0)) return { low: 0, high: 1 };
  const part = Math.min(volume, Math.max(0, count));
  const fraction = part / volume;
  const squared = Z * Z;
  const centre = part + squared / 2;
  const spread = Z * Math.sqrt(part * (1 - fraction) + squared / 4);
  const total = volume + squared;
  // At the ends the bound is the end itself, which rounding would miss.
  return {
    low: part === 0 ? 0 : Math.max(0, (centre - spread) / total),
    high: part === volume ? 1 : Math.min(1, (centre + spread) / total),
  };
}
