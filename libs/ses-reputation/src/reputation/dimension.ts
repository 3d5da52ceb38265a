import { providerOf } from './providers.js';

/** The dimension of the whole account. */
export const ACCOUNT = 'account';

/** Where what has no place of its own is counted: no domain, stream, provider or configuration set has parentheses. */
export const OTHER = '(other)';

export type DimensionKind = 'stream' | 'domain' | 'provider' | 'configuration-set';

/** Kinds whose names others choose, so that only so many are counted by themselves. */
export const PLACED_KINDS = ['configuration-set', 'domain', 'stream'] as const;
export type PlacedKind = (typeof PLACED_KINDS)[number];

/** The parts of the mail that a fact is counted for. */
export interface MailParts {
  /** `null` for mail without our tags: it counts for the account only. */
  stream: string | null;
  /** Recipient domain; `null` if it is not known. */
  domain: string | null;
  configurationSet?: string | null;
}

export function dimensionOfPart(kind: DimensionKind, name: string): string {
  return `${kind}:${name}`;
}

export function otherOf(kind: DimensionKind): string {
  return dimensionOfPart(kind, OTHER);
}

/** `null` of the account. */
export function kindOf(dimension: string): DimensionKind | null {
  const end = dimension.indexOf(':');
  return end === -1 ? null : (dimension.slice(0, end) as DimensionKind);
}

export function isPlacedKind(kind: DimensionKind | null): kind is PlacedKind {
  return PLACED_KINDS.includes(kind as PlacedKind);
}

export function dimensionsOf({ stream, domain, configurationSet }: MailParts): string[] {
  if (stream === null) return [ACCOUNT];
  const dimensions = [ACCOUNT, dimensionOfPart('stream', stream)];
  if (domain !== null) {
    dimensions.push(dimensionOfPart('domain', domain), dimensionOfPart('provider', providerOf(domain)));
  }
  if (configurationSet) dimensions.push(dimensionOfPart('configuration-set', configurationSet));
  return dimensions;
}
