import { MOST_MS, Section } from './check.js';
import type { RateRedis, ResolvedRate } from './rate-options.js';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws SesReputationConfigError */
export function resolveRate(given: unknown): ResolvedRate | null {
  if (given === false) return null;
  const rate = new Section('rate', given, ['perSecond', 'reserve', 'maxWaitMs', 'redis', 'name']);
  return {
    perSecond: rate.get('perSecond', null, 'recipients a second, above 0', isRate),
    reserve: rate.get('reserve', 0.1, 'a share from 0 to 0.9', isReserve),
    maxWaitMs: rate.wholeNumber('maxWaitMs', null, 1, MOST_MS),
    redis: rate.get('redis', null, 'a client of ioredis', isRedis),
    name: rate.matching('name', NAME, null, '1 to 64 letters, digits, "_" or "-"'),
  };
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isReserve(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 0.9;
}

function isRedis(value: unknown): value is RateRedis {
  const { get, eval: evaluate } = (value ?? {}) as Partial<RateRedis>;
  return typeof get === 'function' && typeof evaluate === 'function';
}
