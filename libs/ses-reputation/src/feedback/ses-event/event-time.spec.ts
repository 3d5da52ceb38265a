import { describe, expect, it } from '@jest/globals';
import { eventTime } from './event-time.js';

describe('eventTime', () => {
  it.each([
    ['2017-08-05T00:41:02.669Z', '2017-08-05T00:41:02.669Z'],
    ['2017-08-05T00:41:02Z', '2017-08-05T00:41:02.000Z'],
    ['2017-08-05T00:41:02.6Z', '2017-08-05T00:41:02.600Z'],
    ['2017-08-05T00:41:02.669123Z', '2017-08-05T00:41:02.669Z'],
    ['2009-12-03T04:24:21.000-05:00', '2009-12-03T09:24:21.000Z'],
    ['2018-10-08T14:05:45 +0000', '2018-10-08T14:05:45.000Z'],
    ['2018-10-08 14:05:45', '2018-10-08T14:05:45.000Z'],
  ])('reads %s', (text, expected) => {
    expect(eventTime(text)?.toISOString()).toBe(expected);
  });

  it.each([
    [undefined],
    [null],
    [1_500_000_000_000],
    [''],
    ['yesterday'],
    ['2017-13-45T00:00:00Z'],
    ['0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z'],
    ['+275760-09-13T00:00:00Z'],
    [{ toString: () => '2017-08-05T00:41:02Z' }],
  ])('takes %p for no time', (value) => {
    expect(eventTime(value)).toBeNull();
  });
});
