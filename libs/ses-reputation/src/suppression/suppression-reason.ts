/**
 * Why an address is suppressed, strongest first. What a person wants (complaint, unsubscribe, manual) is
 * stronger than the state of a mailbox: releasing a mailbox that works again must not undo an opt-out.
 */
export const SUPPRESSION_REASONS = [
  'complaint',
  'unsubscribe',
  'manual',
  'hard-bounce',
  'account-list',
  'soft-bounces',
] as const;

export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];
