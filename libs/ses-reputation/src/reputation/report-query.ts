import { domainToASCII } from 'node:url';
import { storable } from '../store/fit-text.js';
import { ACCOUNT, dimensionOfPart, OTHER } from './dimension.js';
import { InvalidReportQueryError } from './invalid-report-query.error.js';
import { PROVIDERS } from './providers.js';

/** What to report on: one of `stream`, `domain`, `provider` and `configurationSet`; without them the whole account. */
export interface ReportQuery {
  /** One stream, of this application or of another one on the account. */
  stream?: string;
  /** One recipient domain, in any spelling. */
  domain?: string;
  /** One mailbox provider, all its domains together: `gmail`, `microsoft`, `yahoo`, ... */
  provider?: string;
  /** One configuration set. */
  configurationSet?: string;
  /** What is known today of the mail sent up to then. Default: now. */
  at?: Date;
}

/**
 * `(other)` is a name too: of what has no place of its own.
 *
 * @throws InvalidReportQueryError
 */
export function dimensionOf(query: ReportQuery): string {
  if (typeof query !== 'object' || query === null) {
    throw new InvalidReportQueryError(`a report goes by an object, not by ${String(query)}`);
  }
  const { stream, domain, provider, configurationSet, at, ...unknown } = query;
  const [key] = Object.keys(unknown);
  if (key !== undefined) {
    throw new InvalidReportQueryError(
      `"${key.slice(0, 100)}" is nothing a report goes by: use stream, domain, provider, configurationSet or at`,
    );
  }
  if (at !== undefined && !(at instanceof Date && !Number.isNaN(at.getTime()))) {
    throw new InvalidReportQueryError(`"at" is ${String(at)} — expected a valid Date`);
  }
  const parts = { stream, domain, provider, configurationSet };
  if (Object.values(parts).filter((value) => value !== undefined).length > 1) {
    throw new InvalidReportQueryError(
      'a report is about a stream, a domain, a provider or a configuration set: give one of them',
    );
  }
  if (stream !== undefined) return dimensionOfPart('stream', nameIn('stream', stream));
  if (domain !== undefined) return dimensionOfPart('domain', asciiDomain(nameIn('domain', domain)));
  if (provider !== undefined) return dimensionOfPart('provider', knownProvider(nameIn('provider', provider)));
  if (configurationSet === undefined) return ACCOUNT;
  return dimensionOfPart('configuration-set', nameIn('configurationSet', configurationSet));
}

/** Cut where no name that is counted can be as long. */
function nameIn(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return storable(value).slice(0, 1_000);
  throw new InvalidReportQueryError(`"${field}" is ${JSON.stringify(value)} — expected a name`);
}

function asciiDomain(domain: string): string {
  if (domain === OTHER) return OTHER;
  const ascii = domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
  if (ascii === '') {
    throw new InvalidReportQueryError(`"${domain.slice(0, 255)}" is not a domain such as example.com`);
  }
  return ascii;
}

function knownProvider(given: string): string {
  const provider = given.toLowerCase();
  if (provider === OTHER || PROVIDERS.includes(provider)) return provider;
  throw new InvalidReportQueryError(
    `"${given.slice(0, 100)}" is no mailbox provider that is told apart: use ${OTHER} or one of ${PROVIDERS.join(', ')}`,
  );
}
