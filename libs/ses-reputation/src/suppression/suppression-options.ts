import type { SuppressionFilter } from './find-suppressed.js';
import type { SuppressionAction } from './suppression-history.entity.js';
import type { SuppressionReason } from './suppression-reason.js';

export interface SuppressOptions {
  reason: SuppressionReason;
  /** `*` for every stream (the default), or one stream's name. */
  scope?: string;
  /** Default: for good. */
  expiresAt?: Date | null;
  /** Up to 1,000 characters. */
  note?: string | null;
  /** Who does it: a person or a program. Up to 255 characters. */
  actor?: string | null;
}

export interface ReleaseOptions {
  /** `*` for the suppression of every stream alone, or one stream's name. Default: all of them. */
  scope?: string;
  note?: string | null;
  actor?: string | null;
}

export interface ListOptions extends SuppressionFilter {
  /** `next` of the page before. */
  cursor?: string | null;
  /** 1 to 1,000. Default 100. */
  limit?: number;
}

export interface ExportOptions extends Pick<SuppressionFilter, 'reason' | 'scope'> {
  /** After each page of up to 1,000, once its items are taken. */
  onProgress?: (progress: { exported: number }) => void;
}

/** One suppression that holds now. */
export interface SuppressionItem {
  /** As it was given; empty for an erased address. */
  address: string;
  reason: SuppressionReason;
  /** `*` for every stream, or one stream's name. */
  scope: string;
  since: Date;
  /** `null`: for good. */
  expiresAt: Date | null;
  note: string | null;
}

export interface SuppressionPage {
  items: SuppressionItem[];
  /** Cursor of the next page; `null` after the last. */
  next: string | null;
}

export interface SuppressionHistoryItem {
  at: Date;
  action: SuppressionAction;
  scope: string;
  reason: SuppressionReason | null;
  address: string;
  note: string | null;
  actor: string | null;
}
