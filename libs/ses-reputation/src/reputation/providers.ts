import { OTHER_PROVIDER, PROVIDER_DOMAINS } from './provider-domains.js';

const BY_DOMAIN = new Map(
  Object.entries(PROVIDER_DOMAINS).flatMap(([provider, domains]) =>
    domains.map((domain) => [domain, provider] as const),
  ),
);

/** The mailbox providers that are told apart, by name. */
export const PROVIDERS: readonly string[] = Object.keys(PROVIDER_DOMAINS);

/** The mailbox provider of a recipient domain (ASCII, lower case); `(other)` of all that the table does not name. */
export function providerOf(domain: string): string {
  return BY_DOMAIN.get(domain) ?? OTHER_PROVIDER;
}
