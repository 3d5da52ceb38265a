import type { SuppressedAddress } from '../suppression/suppressed-address.entity.js';

/** A suppression that gave way to a stronger one of SES's list. */
export type ReplacedSuppression = Pick<
  SuppressedAddress,
  'reason' | 'since' | 'expiresAt' | 'note' | 'actor'
>;

export function writeReplaced({ reason, since, expiresAt, note, actor }: ReplacedSuppression): string {
  return JSON.stringify({ reason, since, expiresAt, note, actor });
}

export function readReplaced(text: string): ReplacedSuppression {
  const { since, expiresAt, ...rest } = JSON.parse(text) as Record<'since', string> & {
    expiresAt: string | null;
  } & Omit<ReplacedSuppression, 'since' | 'expiresAt'>;
  return { ...rest, since: new Date(since), expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}
