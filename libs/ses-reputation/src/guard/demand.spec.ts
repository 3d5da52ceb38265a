import { describe, expect, it } from '@jest/globals';
import { demandOf, isMoreUrgent, percent } from './demand.js';

describe('demandOf', () => {
  it.each([
    ['bulk', ['none', 'none', 'review', 'pause']],
    ['normal', ['none', 'none', 'none', 'pause']],
    ['critical', ['none', 'none', 'none', 'none']],
  ] as const)('%s', (priority, demands) => {
    const levels = ['healthy', 'warning', 'review', 'pause'] as const;
    expect(levels.map((level) => demandOf(level, priority))).toEqual(demands);
  });

  it('is more urgent from none over review to pause', () => {
    expect(isMoreUrgent('review', 'none')).toBe(true);
    expect(isMoreUrgent('pause', 'review')).toBe(true);
    expect(isMoreUrgent('review', 'review')).toBe(false);
    expect(isMoreUrgent('none', 'review')).toBe(false);
  });

  it('is said in percent', () => {
    expect([0.05, 0.1, 1, 0.0512345].map(percent)).toEqual(['5 %', '10 %', '100 %', '5.12 %']);
  });
});
