import { createHmac } from 'node:crypto';

const MARK = 'h:';

/**
 * The key under which an erased address stays suppressed: HMAC-SHA256, so that nobody without the secret can
 * try addresses against the table. No look-up key of an address looks like it: those have an `@`.
 */
export function erasedKey(key: string, eraseKey: string): string {
  return `${MARK}${createHmac('sha256', eraseKey).update(key).digest('hex')}`;
}

export function isErasedKey(key: string): boolean {
  return key.startsWith(MARK) && !key.includes('@');
}
