import { describe, expect, it } from '@jest/globals';
import { alertMessage } from './alert-message.js';

const base = { id: '1', at: new Date(0) };
const guard = {
  ...base,
  stream: 'newsletter',
  from: 'open',
  cause: 'level',
  reason: 'the account is at level review',
  actor: null,
  until: null,
} as const;

describe('alertMessage', () => {
  it('tells a guard that observes from one that holds mail back', () => {
    const paused = { ...guard, to: 'paused', share: 0 } as const;
    expect(alertMessage('ses.guard.changed', { ...paused, enforced: true })).toBe(
      '"newsletter" is paused: the account is at level review.',
    );
    expect(alertMessage('ses.guard.changed', { ...paused, enforced: false })).toBe(
      '"newsletter" would be paused: the account is at level review.',
    );
  });

  it('names the share of a probe', () => {
    expect(
      alertMessage('ses.guard.changed', { ...guard, to: 'probing', share: 0.05, enforced: true }),
    ).toContain('is tried with 5 % of its mail');
  });

  it('says what to look at where nothing comes back, and where mail came from elsewhere', () => {
    const silent = { ...base, volume: 120, lastHeardAt: null };
    expect(alertMessage('ses.feedback.silent', { ...silent, check: ['Is the topic there?'] })).toBe(
      'Nothing came back of 120 emails. Is the topic there?',
    );
    expect(alertMessage('ses.unaccounted', { ...base, source: 'quota', volume: 300, share: 0.25 })).toContain(
      '300 emails of the last 24 hours (25 %)',
    );
    expect(
      alertMessage('ses.reputation.differs', {
        ...base,
        metric: 'bounce',
        ours: 0.01,
        amazons: 0.04,
        difference: -0.03,
        tolerance: 0.01,
      }),
    ).toContain('Amazon says the bounce rate is 4 %, and we count 1 %');
  });
});
