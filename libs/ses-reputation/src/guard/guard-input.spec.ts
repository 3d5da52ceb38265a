import { describe, expect, it } from '@jest/globals';
import { readPause, readResume } from './guard-input.js';

const NOW = Date.UTC(2030, 0, 1);

describe('what a pause is asked for with', () => {
  it('is a reason, an end and an actor', () => {
    const until = new Date(NOW + 1);
    expect(readPause({ reason: ' a wrong price ', until, actor: 'ann' }, NOW)).toEqual({
      reason: 'a wrong price',
      until,
      actor: 'ann',
    });
    expect(readPause({ reason: 'x' }, NOW)).toEqual({ reason: 'x', until: null, actor: null });
    expect(readPause({ reason: 'x'.repeat(2_000), actor: 'y'.repeat(300) }, NOW)).toEqual({
      reason: 'x'.repeat(1_000),
      until: null,
      actor: 'y'.repeat(255),
    });
  });

  it.each([
    ['options', undefined],
    ['options', 'a wrong price'],
    ['reason', {}],
    ['reason', { reason: ' ' }],
    ['reason', { reason: 7 }],
    ['until', { reason: 'x', until: new Date(NOW) }],
    ['until', { reason: 'x', until: new Date(Number.NaN) }],
    ['until', { reason: 'x', until: NOW + 1 }],
    ['until', { reason: 'x', until: '2031-01-01' }],
    ['until', { reason: 'x', until: null }],
    ['actor', { reason: 'x', actor: '' }],
    ['untill', { reason: 'x', untill: new Date(NOW + 1) }],
  ])('is refused for its %s', (field, options) => {
    expect(() => readPause(options, NOW)).toThrow(
      expect.objectContaining({ code: 'SES_INVALID_PAUSE', field, message: expect.stringContaining(field) }),
    );
  });
});

describe('what a resume is asked for with', () => {
  it('is a reason and an actor, or nothing', () => {
    expect(readResume({})).toEqual({ reason: 'resumed by hand', actor: null });
    expect(readResume({ reason: 'looked at', actor: 'ann' })).toEqual({ reason: 'looked at', actor: 'ann' });
  });

  it.each([
    ['reason', { reason: '' }],
    ['until', { until: new Date(NOW + 1) }],
    ['options', null],
  ])('is refused for its %s', (field, options) => {
    expect(() => readResume(options)).toThrow(expect.objectContaining({ code: 'SES_INVALID_PAUSE', field }));
  });
});
