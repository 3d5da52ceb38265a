import { describe, expect, it } from '@jest/globals';
import type { ResolvedStream } from '../../options/ses-reputation-options.js';
import { laterHeard } from './feedback-heard.js';
import { answeredDimensions, hearsOfEachMail, isSilent, volumeBeyondChance } from './silence.js';
import { silenceAdvice } from './silence-advice.js';

const NOW = Date.UTC(2026, 4, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function streams(...sets: (string | null)[]): ResolvedStream[] {
  return sets.map((configurationSet, i) => ({ name: `s${i}`, configurationSet }) as ResolvedStream);
}

describe('silence', () => {
  const rules = { needed: 100, afterMs: HOUR, now: NOW };

  it.each<[string, boolean, number, number | null]>([
    ['enough mail, long enough', true, 100, NOW - HOUR],
    ['too little mail', false, 99, NOW - HOUR],
    ['too short a time', false, 5_000, NOW - HOUR + 1],
    ['no mail', false, 0, null],
  ])('%s: %s', (_, expected, volume, first) => {
    expect(isSilent({ volume, first }, rules)).toBe(expected);
  });

  it('needs more mail where only failures are published', () => {
    // No history: 10 failures expected at 0.1 %.
    expect(volumeBeyondChance(100, { count: 0, volume: 0 })).toBe(10_000);
    expect(volumeBeyondChance(100, { count: 0, volume: 50_000 })).toBe(10_000);
    // 2 % of 10,000 mails failed, at least 1.74 %.
    expect(volumeBeyondChance(100, { count: 200, volume: 10_000 })).toBe(574);
    // What the option asks for is the least.
    expect(volumeBeyondChance(1_000, { count: 200, volume: 10_000 })).toBe(1_000);
    // 1 of 3 is no rate to go by.
    expect(volumeBeyondChance(100, { count: 1, volume: 3 })).toBeGreaterThan(160);
  });

  it.each([
    ['deliveries were heard', true, { at: NOW, deliveryAt: NOW - DAY }, streams(null)],
    ['only failures were heard', false, { at: NOW, deliveryAt: null }, streams('main')],
    ['deliveries are long gone', false, { at: NOW, deliveryAt: NOW - 31 * DAY }, streams('main')],
    ['nothing was heard yet, a set publishes', true, null, streams('main', null)],
    ['nothing was heard yet, an identity notifies', false, null, streams(null, null)],
  ])('of each mail: %s: %s', (_, expected, heard, given) => {
    expect(hearsOfEachMail(heard, given)).toBe(expected);
  });

  it('looks at the streams whose mail is published', () => {
    expect(answeredDimensions(streams('a', 'b'))).toEqual(['account']);
    expect(answeredDimensions(streams(null, null))).toEqual(['account']);
    expect(answeredDimensions(streams('a', null, 'b'))).toEqual(['stream:s0', 'stream:s2']);
  });

  it('keeps the later time of each kind', () => {
    expect(laterHeard(null, { at: 2, deliveryAt: null })).toEqual({ at: 2, deliveryAt: null });
    expect(laterHeard({ at: 2, deliveryAt: null }, { at: 1, deliveryAt: 1 })).toEqual({
      at: 2,
      deliveryAt: 1,
    });
    expect(laterHeard({ at: 2, deliveryAt: 1 }, { at: 3, deliveryAt: null })).toEqual({
      at: 3,
      deliveryAt: 1,
    });
  });
});

/** To somebody without a configuration set. */
function advice(wasHeard: boolean): string {
  return silenceAdvice({ topicArns: ['arn'], configurationSets: [], wasHeard }).join(' ');
}

describe('what to look at', () => {
  const topicArns = ['arn:aws:sns:eu-west-1:123456789012:one', 'arn:aws:sns:eu-west-1:123456789012:two'];

  it('names every topic and configuration set, the subscription first', () => {
    for (const wasHeard of [true, false]) {
      const sentences = silenceAdvice({ topicArns, configurationSets: ['main', 'bulk'], wasHeard });
      expect(sentences[0]).toMatch(/subscri/);
      for (const named of [...topicArns, '"main"', '"bulk"']) expect(sentences.join(' ')).toContain(named);
      expect(new Set(sentences).size).toBe(sentences.length);
    }
  });

  it('asks for a confirmation only where nothing was heard yet', () => {
    expect(advice(false)).toContain('PendingConfirmation');
    expect(advice(true)).not.toContain('PendingConfirmation');
    expect(advice(true)).toContain('No stream has a configuration set');
  });
});
