import { describe, expect, it } from '@jest/globals';
import { notice } from './notices.js';

describe('notice', () => {
  it('counts what a newsletter did', () => {
    expect(notice({ notice: 'newsletter', sent: '3', suppressed: '1', paused: '2', failed: '0' })).toBe(
      'Newsletter: 3 sent, 1 skipped as suppressed, 2 held back by the guard, 0 failed.',
    );
  });

  it('puts in no words of whoever wrote the link', () => {
    expect(notice({ notice: 'Your account is locked' })).toBeNull();
    expect(notice({ notice: 'newsletter', sent: '<b>9</b>', suppressed: ['1'], failed: '-1' })).toBe(
      'Newsletter: 0 sent, 1 skipped as suppressed, 0 held back by the guard, 0 failed.',
    );
  });

  it('says nothing without a form', () => {
    expect(notice({})).toBeNull();
  });
});
