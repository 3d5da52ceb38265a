import { bareAddress } from './mailbox.js';
import { pageOf } from './paging.js';
import { route, type ApiCall, type Route } from './router.js';
import { badRequest, notFound } from './ses-error.js';

export type SuppressionReason = 'BOUNCE' | 'COMPLAINT';

interface Entry {
  address: string;
  reason: SuppressionReason;
  /** Milliseconds since the epoch. */
  updatedAt: number;
  messageId?: string;
  feedbackId?: string;
}

/**
 * The account's suppression list. Like Amazon's it keeps each address in the spelling it came in: reading
 * and deleting need that spelling, while mail is held back in any case.
 */
export class SuppressionList {
  private readonly entries = new Map<string, Entry>();
  private readonly byLowerCase = new Map<string, Map<string, Entry>>();
  private sorted: string[] | null = null;

  constructor(
    private readonly now: () => number,
    private readonly mayPut: () => boolean,
  ) {}

  add(
    address: string,
    reason: SuppressionReason,
    cause: { messageId?: string; feedbackId?: string } = {},
  ): void {
    if (!this.entries.has(address)) this.sorted = null;
    const entry = { address, reason, updatedAt: this.now(), ...cause };
    this.entries.set(address, entry);
    const lower = address.toLowerCase();
    const spellings = this.byLowerCase.get(lower) ?? new Map<string, Entry>();
    this.byLowerCase.set(lower, spellings.set(address, entry));
  }

  /** Whether mail to the address is held back, given which reasons count. */
  suppresses(address: string, reasons: readonly SuppressionReason[]): boolean {
    const spellings = this.byLowerCase.get(address.toLowerCase());
    return spellings !== undefined && [...spellings.values()].some(({ reason }) => reasons.includes(reason));
  }

  routes(): Route[] {
    const one = 'suppression/addresses/{EmailAddress}';
    return [
      route('PutSuppressedDestination', 'PUT', 'suppression/addresses', (call) => this.put(call)),
      route('ListSuppressedDestinations', 'GET', 'suppression/addresses', ({ query }) => this.list(query)),
      route('GetSuppressedDestination', 'GET', one, ({ path }) => this.get(path.EmailAddress!)),
      route('DeleteSuppressedDestination', 'DELETE', one, ({ path }) => this.remove(path.EmailAddress!)),
    ];
  }

  private put({ body }: ApiCall): void {
    if (!this.mayPut()) throw badRequest('PutSuppressedDestination needs production access.');
    const address = bareAddress(body.required('EmailAddress'));
    this.add(address, readReason(body.required('Reason')));
  }

  private get(address: string): object {
    const { reason, updatedAt, messageId, feedbackId } = this.entry(address);
    const Attributes = messageId === undefined ? undefined : { MessageId: messageId, FeedbackId: feedbackId };
    return {
      SuppressedDestination: {
        EmailAddress: address,
        Reason: reason,
        LastUpdateTime: updatedAt / 1_000,
        Attributes,
      },
    };
  }

  private remove(address: string): void {
    this.entry(address);
    this.entries.delete(address);
    this.sorted = null;
    const lower = address.toLowerCase();
    const spellings = this.byLowerCase.get(lower)!;
    spellings.delete(address);
    if (spellings.size === 0) this.byLowerCase.delete(lower);
  }

  private list(query: URLSearchParams): object {
    // The wire name is `Reason`, once for each; SDKs call the member `Reasons`.
    const reasons = query.getAll('Reason').map(readReason);
    const from = readTime(query.get('StartDate'), 'StartDate') ?? Number.NEGATIVE_INFINITY;
    const to = readTime(query.get('EndDate'), 'EndDate') ?? Number.POSITIVE_INFINITY;
    this.sorted ??= [...this.entries.keys()].toSorted();
    const all = reasons.length === 0 && !Number.isFinite(from) && !Number.isFinite(to);
    const keys = all
      ? this.sorted
      : this.sorted.filter((address) => {
          const { reason, updatedAt } = this.entries.get(address)!;
          return (reasons.length === 0 || reasons.includes(reason)) && updatedAt >= from && updatedAt <= to;
        });
    const { page, NextToken } = pageOf(keys, {
      NextToken: query.get('NextToken'),
      PageSize: query.get('PageSize'),
    });
    const SuppressedDestinationSummaries = page.map((address) => {
      const { reason, updatedAt } = this.entries.get(address)!;
      return { EmailAddress: address, Reason: reason, LastUpdateTime: updatedAt / 1_000 };
    });
    return { SuppressedDestinationSummaries, NextToken };
  }

  private entry(address: string): Entry {
    const entry = this.entries.get(address);
    if (!entry) throw notFound(`Email address ${address} does not exist on your suppression list.`);
    return entry;
  }
}

export function readReason(reason: string): SuppressionReason {
  if (reason !== 'BOUNCE' && reason !== 'COMPLAINT')
    throw badRequest(`Reason <${reason}> is not one of BOUNCE, COMPLAINT.`);
  return reason;
}

function readTime(given: string | null, name: string): number | undefined {
  if (given === null || given === '') return undefined;
  const time = /^\d+(\.\d+)?$/.test(given) ? Number(given) * 1_000 : Date.parse(given);
  if (Number.isNaN(time)) throw badRequest(`${name} <${given}> is not a date-time.`);
  return time;
}
