import { describe, expect, it } from '@jest/globals';
import { eventKey } from './event-key.js';
import type { PendingEvent } from './ses-events.js';

const keyOf = (name: string, payload: object) => eventKey({ name, payload } as PendingEvent);

describe('eventKey', () => {
  it.each([
    ['ses.bounce.hard', { address: 'Ann <ANN@Example.com>' }, 'ann@example.com'],
    ['ses.suppression.added', { address: 'ann@example.com' }, 'ann@example.com'],
    ['ses.reputation.blocked', { address: 'ann@example.com', metric: 'bounce' }, 'ann@example.com'],
    ['ses.open', { address: null }, null],
    ['ses.bounce.soft', { address: 'nobody at all' }, null],
    ['ses.reputation.changed', { metric: 'bounce' }, 'reputation:bounce'],
    ['ses.reputation.recovered', { metric: 'bounce' }, 'reputation:bounce'],
    ['ses.reputation.approaching', { metric: 'complaint' }, 'reputation:complaint'],
    ['ses.guard.changed', { stream: 'newsletter' }, 'guard:newsletter'],
    ['ses.feedback.unsubscribed', { topicArn: 'arn:aws:sns:x' }, 'topic:arn:aws:sns:x'],
  ])('of %s about %j is %s', (name, payload, key) => expect(keyOf(name, payload)).toBe(key));

  it('is no look-up key of an address, fits its column and is ASCII, whatever a stream is called', () => {
    const key = keyOf('ses.guard.changed', { stream: `é@${'x'.repeat(400)}` })!;
    expect(key).toMatch(/^[\x20-\x7e]{320}$/);
    expect(key).not.toContain('@');
  });
});
