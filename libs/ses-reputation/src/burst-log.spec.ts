import { describe, expect, it } from '@jest/globals';
import type { Logger } from '@nestjs/common';
import { BurstLog } from './burst-log.js';

function setUp() {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  return { lines, log: new BurstLog({ warn: write, error: write } as unknown as Logger) };
}

describe('BurstLog', () => {
  it('logs the first of a burst, and a minute later how many more there were', () => {
    const { lines, log } = setUp();
    for (let i = 0; i < 1_000; i++) log.log('error', '503', 'the store is down', i * 10);
    log.log('error', '503', 'the store is down', 60_000);
    log.log('error', '503', 'the store is down', 200_000);
    expect(lines).toEqual([
      'the store is down',
      'the store is down (and 999 like it since the last line)',
      'the store is down',
    ]);
  });

  it('tells kinds apart, and is not silenced by a clock that was set back', () => {
    const { lines, log } = setUp();
    log.log('warn', '403', 'a stranger', 10_000_000);
    log.log('error', '503', 'the store is down', 10_000_000);
    log.log('warn', '403', 'a stranger', 0);
    expect(lines).toEqual(['a stranger', 'the store is down', 'a stranger']);
  });
});
