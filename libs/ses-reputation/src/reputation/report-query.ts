import { domainToASCII } from 'node:url';
import { storable } from '../store/fit-text.js';
import { ACCOUNT } from './bucket-delta.js';
import { InvalidReportQueryError } from './invalid-report-query.error.js';

/** What to report on; without `stream` and `domain` the whole account. */
export interface ReportQuery {
  /** One stream, of this application or of another one on the account. */
  stream?: string;
  /** One recipient domain, in any spelling. */
  domain?: string;
  /** What is known today of the mail sent up to then. Default: now. */
  at?: Date;
}

/** @throws InvalidReportQueryError */
export function dimensionOf(query: ReportQuery): string {
  const { stream, domain, at, ...unknown } = query;
  const [key] = Object.keys(unknown);
  if (key !== undefined) {
    throw new InvalidReportQueryError(
      `"${key.slice(0, 100)}" is nothing a report goes by: use stream, domain or at`,
    );
  }
  if (at !== undefined && !(at instanceof Date && !Number.isNaN(at.getTime()))) {
    throw new InvalidReportQueryError(`"at" is ${String(at)} — expected a valid Date`);
  }
  if (stream !== undefined && domain !== undefined) {
    throw new InvalidReportQueryError('a report is about a stream or about a domain: give one of them');
  }
  if (stream !== undefined) return `stream:${storable(text('stream', stream))}`;
  return domain === undefined ? ACCOUNT : `domain:${asciiDomain(text('domain', domain))}`;
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidReportQueryError(`"${name}" is ${JSON.stringify(value)} — expected a name`);
}

function asciiDomain(domain: string): string {
  const ascii = domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
  if (ascii === '') {
    throw new InvalidReportQueryError(`"${domain.slice(0, 255)}" is not a domain such as example.com`);
  }
  return ascii;
}
