import { NOTHING_SHARED, type Member, type SharedRate } from './shared-rate.js';

/**
 * What was stored, if it is what this version stores; else as if nothing was. A figure that is none would become a
 * share that is none, and mail would wait for ever.
 */
export function readShared(stored: unknown): SharedRate {
  const { account, askedAt, answeredAt, sent, slow, members } = (stored ?? {}) as Partial<SharedRate>;
  const isReadable =
    (account === null ||
      (areNumbers(account, ['perSecond', 'sentBefore']) && isNumberOrNull(account?.perDay))) &&
    isNumberOrNull(askedAt) &&
    isNumberOrNull(answeredAt) &&
    Number.isFinite(sent) &&
    areNumbers(slow, ['factor', 'generation']) &&
    isNumberOrNull(slow?.learnt) &&
    typeof members === 'object' &&
    Object.values(members ?? { none: null }).every(isMember);
  return isReadable ? (stored as SharedRate) : NOTHING_SHARED;
}

function isMember(member: Member | null): boolean {
  return areNumbers(member, ['beat', 'granted', 'critical', 'others', 'pace']);
}

function areNumbers<T extends object>(holder: T | null | undefined, names: readonly (keyof T)[]): boolean {
  return typeof holder === 'object' && names.every((name) => Number.isFinite(holder?.[name]));
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}
