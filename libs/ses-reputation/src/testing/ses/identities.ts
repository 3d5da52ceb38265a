import { notVerified } from './account.js';
import { bareAddress } from './mailbox.js';
import type { Members } from './members.js';
import { pageOf } from './paging.js';
import { domainOf, isMailboxSimulator } from './recipient-fate.js';
import { route, type Route } from './router.js';
import { alreadyExists, badRequest, notFound } from './ses-error.js';

/** Where an identity's own notifications go: the older mechanism, `notificationType` instead of `eventType`. */
export interface IdentityTopics {
  /** ARN of the topic for bounces. */
  bounce?: string;
  complaint?: string;
  delivery?: string;
  /** Adds `headers` and `commonHeaders` to the mail object. Default false, as at Amazon. */
  includeHeaders?: boolean;
}

interface Identity {
  name: string;
  type: 'EMAIL_ADDRESS' | 'DOMAIN';
  configurationSet: string | undefined;
  topics: IdentityTopics;
}

/**
 * Sender identities. A new one is verified at once, where Amazon would wait for DNS or a click. While none
 * exists, a production account may send from any address.
 */
export class Identities {
  private readonly byName = new Map<string, Identity>();

  constructor(
    private readonly region: string,
    private readonly productionAccess: boolean,
  ) {}

  get names(): string[] {
    return [...this.byName.values()].map(({ name }) => name);
  }

  /** The identity that covers an address: itself, its domain, or a domain above that. */
  covering(address: string): Identity | undefined {
    const exact = this.byName.get(address.toLowerCase());
    if (exact) return exact;
    const labels = domainOf(address).split('.');
    return labels.map((_label, index) => this.byName.get(labels.slice(index).join('.'))).find(Boolean);
  }

  /** @throws MessageRejected naming every address that is not verified */
  check(senders: string[], recipients: string[]): void {
    if (this.productionAccess && this.byName.size === 0) return;
    const asked = this.productionAccess
      ? senders
      : [...senders, ...recipients.filter((address) => !isMailboxSimulator(address))];
    const failed = [...new Set(asked.filter((address) => !this.covering(address)))];
    if (failed.length > 0) throw notVerified(failed, this.region);
  }

  /** @throws NotFoundException */
  setTopics(name: string, topics: IdentityTopics): void {
    this.get(name).topics = topics;
  }

  create(name: string, configurationSet?: string): void {
    const key = name.toLowerCase();
    if (this.byName.has(key)) throw alreadyExists(`Email identity ${name} already exist.`);
    const type = name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN';
    if (type === 'EMAIL_ADDRESS') bareAddress(name);
    else if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(key))
      throw badRequest(`<${name}> is no address and no domain.`);
    this.byName.set(key, { name, type, configurationSet, topics: {} });
  }

  routes(): Route[] {
    const one = 'identities/{EmailIdentity}';
    return [
      route('CreateEmailIdentity', 'POST', 'identities', ({ body }) => this.createFrom(body)),
      route('ListEmailIdentities', 'GET', 'identities', ({ query }) => this.list(query)),
      route('GetEmailIdentity', 'GET', one, ({ path }) => describe(this.get(path.EmailIdentity!))),
      route('DeleteEmailIdentity', 'DELETE', one, ({ path }) => {
        this.get(path.EmailIdentity!);
        this.byName.delete(path.EmailIdentity!.toLowerCase());
      }),
    ];
  }

  private createFrom(body: Members): object {
    const name = body.required('EmailIdentity');
    this.create(name, body.text('ConfigurationSetName'));
    const { IdentityType, VerifiedForSendingStatus, DkimAttributes } = describe(this.get(name));
    return { IdentityType, VerifiedForSendingStatus, DkimAttributes };
  }

  private get(name: string): Identity {
    const identity = this.byName.get(name.toLowerCase());
    if (!identity) throw notFound(`Email identity ${name} does not exist.`);
    return identity;
  }

  private list(query: URLSearchParams): object {
    const { page, NextToken } = pageOf([...this.byName.keys()].toSorted(), {
      NextToken: query.get('NextToken'),
      PageSize: query.get('PageSize'),
    });
    const EmailIdentities = page.map((key) => {
      const { name, type } = this.byName.get(key)!;
      return { IdentityName: name, IdentityType: type, SendingEnabled: true, VerificationStatus: 'SUCCESS' };
    });
    return { EmailIdentities, NextToken };
  }
}

function describe({ type, configurationSet }: Identity) {
  return {
    IdentityType: type,
    FeedbackForwardingStatus: true,
    VerifiedForSendingStatus: true,
    VerificationStatus: 'SUCCESS',
    DkimAttributes: {
      SigningEnabled: true,
      Status: 'SUCCESS',
      Tokens: [],
      SigningAttributesOrigin: 'AWS_SES',
      CurrentSigningKeyLength: 'RSA_2048_BIT',
      NextSigningKeyLength: 'RSA_2048_BIT',
    },
    MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' },
    Policies: {},
    Tags: [],
    ConfigurationSetName: configurationSet,
  };
}
