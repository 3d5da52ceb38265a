/** From good to bad, named for what Amazon does at each. */
export const REPUTATION_LEVELS = ['healthy', 'warning', 'review', 'pause'] as const;

export type ReputationLevel = (typeof REPUTATION_LEVELS)[number];
