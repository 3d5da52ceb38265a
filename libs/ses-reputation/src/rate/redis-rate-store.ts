import { setTimeout as sleep } from 'node:timers/promises';
import type { RateRedis } from '../options/rate-options.js';
import { within } from '../store/within.js';
import { ANSWER_MS, type RateStore } from './rate-store.js';
import type { SharedRate } from './shared-rate.js';

/** Sets the key if it still is what was read. */
const SWAP = `local found = redis.call('get', KEYS[1])
if (found or '') ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** As long as the quota's window. */
const KEPT_MS = 86_400_000;
const ATTEMPTS = 20;

/** One key of a Redis server, changed by compare-and-set. */
export class RedisRateStore implements RateStore {
  constructor(
    private readonly redis: RateRedis,
    private readonly key: string,
  ) {}

  change(step: (before: SharedRate | null) => SharedRate): Promise<void> {
    return within(ANSWER_MS, this.swap(step));
  }

  private async swap(step: (before: SharedRate | null) => SharedRate): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = (await this.redis.get(this.key)) ?? '';
      const next = JSON.stringify(step(parsed(found)));
      if (Number(await this.redis.eval(SWAP, 1, this.key, found, next, KEPT_MS)) === 1) return;
      await sleep(Math.random() * 2 * attempt);
    }
    throw new Error('the shared rate in Redis was changed by others at each of its attempts');
  }
}

function parsed(found: string): SharedRate | null {
  try {
    return JSON.parse(found) as SharedRate;
  } catch {
    // Nothing, or something that nobody here has written.
    return null;
  }
}
