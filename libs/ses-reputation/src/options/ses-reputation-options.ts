import type { SESv2Client, SESv2ClientConfig } from '@aws-sdk/client-sesv2';
import type { ReputationLevel } from '../reputation/levels.js';
import type { RateOptions, ResolvedRate } from './rate-options.js';

/** What a host writes in `forRoot`, or returns from the factory of `forRootAsync`. */
export interface SesReputationOptions {
  /** A configuration for the SES client, or a ready client (which its owner closes). Default: the SDK's own chain. */
  client?: SESv2Client | SESv2ClientConfig;
  /** Sender of messages that name none, e.g. `Example <no-reply@example.com>`. */
  from?: string;
  /** Configuration set of streams that name none. Without one SES reports nothing back. */
  configurationSet?: string;
  /** Name of this application among those that share the SES account. Default `default`. */
  app?: string;
  /** Stream of messages that name none. Default: the first of `streams`. */
  defaultStream?: string;
  /** Default: one stream, `transactional`, of priority `critical`. */
  streams?: Record<string, StreamOptions>;
  /** What to do when recipients are suppressed: leave them out (`skip`, the default) or throw. */
  onSuppressed?: OnSuppressed;
  feedback: FeedbackOptions;
  suppression?: SuppressionOptions;
  reputation?: ReputationOptions;
  guard?: GuardOptions;
  /** The account's sending rate and quota, shared by all instances. `false`: only SES's own throttling slows mail down. */
  rate?: RateOptions | false;
  /**
   * The work that one instance does for all: the check, delivering events, the account-list sync. `false` for
   * processes that must not take it, e.g. those that only send and have no listeners.
   */
  background?: BackgroundOptions | false;
}

export interface BackgroundOptions {
  /** After a crash another instance goes on within this time. Default 15,000 ms. */
  leaseMs?: number;
}

export type GuardMode = 'enforce' | 'observe' | 'off';

export interface GuardOptions {
  /**
   * `enforce`: at `review` bulk streams pause, at `pause` normal ones too, critical ones never. `observe` (the
   * default): the same decisions and events, and nothing is held back. `off`: no decisions.
   */
  mode?: GuardMode;
  /** How a paused stream is tried again. */
  probe?: {
    /** A pause lasts so long before the first probe; each that fails doubles it, up to a day. Default 900,000 ms. */
    afterMs?: number;
    /** Share of the stream's mail in the first round; each good round doubles it. Default 0.05. */
    share?: number;
    /** A round is judged once it holds so many emails. Default 100. */
    volume?: number;
  };
}

/** Amazon's own bounce and complaint rate, as fractions; see `nestjs-ses-reputation/cloudwatch`. */
export interface AmazonRatesSource {
  /** `null` where Amazon has no figure. Errors are logged, and asked again at the next check. */
  rates(signal: AbortSignal): Promise<{ bounce: number | null; complaint: number | null; at: Date } | null>;
  /** Called when the application shuts down. */
  close?(): void | Promise<void>;
}

export type StreamPriority = 'critical' | 'normal' | 'bulk';
export type OnSuppressed = 'skip' | 'throw';

/** One kind of mail: its own configuration set, suppression scope and rates. */
export interface StreamOptions {
  /** Default `normal`. */
  priority?: StreamPriority;
  configurationSet?: string;
  from?: string;
  /** The stream's mail can be unsubscribed from: an opt-out of unknown stream suppresses it. Default `false`. */
  unsubscribe?: boolean;
  onSuppressed?: OnSuppressed;
  /**
   * When the suppression list can't be read: send all the same (`open`, the default of critical streams) or
   * nothing (`closed`, the default of the others).
   */
  whenStoreFails?: 'open' | 'closed';
}

export interface FeedbackOptions {
  /** The only topics that are listened to, compared exactly. At least one. */
  topicArns: string[];
  /** `failures` (default): rows for bounces, complaints, rejects, delays, rendering failures. `all`: every event. */
  store?: 'failures' | 'all';
  /** Days that feedback rows are kept. Default 90. */
  retentionDays?: number;
  /** The only way out for signing certificates and subscription confirmation. Default: the global `fetch`. */
  fetch?: FeedbackFetch;
  /** Amazon SQS queues to read feedback from, each once; read by `SesSqsModule` of `nestjs-ses-reputation/sqs`. */
  queues?: QueueOptions[];
}

/** One Amazon SQS queue of feedback. */
export interface QueueOptions {
  /** `https://sqs.<region>.amazonaws.com/<account>/<name>`: a standard queue, not a FIFO one. */
  url: string;
  /**
   * An `SQSClientConfig`, or a ready `SQSClient` (which its owner closes), of `@aws-sdk/client-sqs`. Default: the SDK's
   * own chain, and the region that the URL names.
   */
  client?: object;
  /** Batches of up to ten messages that are received and taken in at the same time. Default 4. */
  concurrency?: number;
  /** Seconds that a request waits for messages. Default 20, the longest. */
  waitTimeSeconds?: number;
  /**
   * Seconds until a message that was received and not deleted comes again. Extended for as long as it is being taken
   * in. Default 60.
   */
  visibilityTimeoutSeconds?: number;
}

export type FeedbackFetch = (
  url: string,
  init: { method: 'GET'; redirect: 'manual'; signal: AbortSignal },
) => Promise<Response>;

export interface SuppressionOptions {
  /** The N-th soft bounce in a row suppresses; `false`: none does. Default 5. */
  softBounceLimit?: number | false;
  /** Secret, 16 characters or more, of the keyed hash by which an erased address stays suppressed. */
  eraseKey?: string;
  /** Keeps the list and SES's own list of the account in step. Default `false`. */
  accountList?: AccountListOptions | false;
}

export interface AccountListOptions {
  /** `pull`: what SES lists is suppressed here; `push`: hard bounces and complaints are listed there. Default `both`. */
  direction?: 'pull' | 'push' | 'both';
  /** Default every 3,600,000 ms. */
  everyMs?: number;
}

export interface ReputationOptions {
  /** The scheduled check; `false` for none. Default every 300,000 ms. */
  check?: { everyMs?: number } | false;
  /** Rates are over the newest so many eligible emails. Default 10,000. */
  window?: { volume?: number };
  /** Below this volume the level stays healthy. Default 1,000, or the window's volume if that is less. */
  minimumVolume?: number;
  /** Below this count of bounces, or of complaints, the level stays healthy. Default 5. */
  minimumCount?: number;
  /** `ses.reputation.approaching` is raised at this share of each limit. Default 0.8. */
  approach?: number;
  /** Rates, as fractions, at which each level is reached. Defaults: Amazon's own. */
  limits?: { bounce?: Partial<LevelLimits>; complaint?: Partial<LevelLimits> };
  /** Amazon's own rates, to hold ours against. */
  amazonRates?: AmazonRatesSource;
  /** How far ours may be from Amazon's before `ses.reputation.differs`. Defaults 0.01 and 0.0005. */
  tolerance?: { bounce?: number; complaint?: number };
  /**
   * `ses.unaccounted` is raised when so large a share of the last 24 hours' mail, and so many emails, came from
   * elsewhere. Defaults 0.1 and 100.
   */
  unaccounted?: { share?: number; volume?: number } | false;
  /**
   * `ses.feedback.silent` is raised when so many emails went out over so long, and nothing at all came back.
   * Defaults 100 and 3,600,000 ms.
   */
  silence?: { volume?: number; afterMs?: number } | false;
  /** How many of each kind are counted by themselves; the rest is counted as `(other)`. Defaults 500, 50, 50. */
  dimensions?: { domains?: number; configurationSets?: number; streams?: number };
  /** Your own verified addresses and domains: Amazon does not count bounces from them. */
  verifiedIdentities?: string[];
}

export type LevelLimits = Record<Exclude<ReputationLevel, 'healthy'>, number>;

/** Options that shape the module itself: known before any factory runs, so siblings of `useFactory`. */
export interface SesReputationStructure {
  /** Register the module for the whole application. Default `false`. */
  isGlobal?: boolean;
  /** Route of the feedback controller. Default `ses/feedback`. */
  path?: string;
  /** Name of the TypeORM data source. Default `default`. */
  dataSource?: string;
  /**
   * PostgreSQL only: whether connections keep the statements that are run most. Default `true`. Where a pooler does not
   * know them the module notices, and goes on without.
   */
  preparedStatements?: boolean;
  /**
   * Metadata set on the feedback route, for global guards that look for a key of their own, e.g.
   * `{ skipAuth: true }`. `isPublic: true`, the key of the Nest documentation, is always set.
   */
  publicMetadata?: Record<string, unknown>;
}

/** Every option with its value, checked. What the services read. */
export interface ResolvedOptions {
  client: SESv2Client | SESv2ClientConfig;
  from: string | null;
  configurationSet: string | null;
  app: string;
  defaultStream: string;
  streams: ReadonlyMap<string, ResolvedStream>;
  feedback: Required<Omit<FeedbackOptions, 'queues'>> & { queues: Required<QueueOptions>[] };
  suppression: {
    softBounceLimit: number | false;
    eraseKey: string | null;
    accountList: Required<AccountListOptions> | null;
  };
  guard: { mode: GuardMode; probe: { afterMs: number; share: number; volume: number } };
  /** `null`: no limit of ours. */
  rate: ResolvedRate | null;
  /** `null`: this process leaves the background work to others. */
  background: { leaseMs: number } | null;
  reputation: {
    /** `null`: no scheduled check. */
    checkEveryMs: number | null;
    windowVolume: number;
    minimumVolume: number;
    minimumCount: number;
    approach: number;
    limits: { bounce: LevelLimits; complaint: LevelLimits };
    amazonRates: AmazonRatesSource | null;
    tolerance: { bounce: number; complaint: number };
    unaccounted: { share: number; volume: number } | null;
    silence: { volume: number; afterMs: number } | null;
    dimensions: { domains: number; configurationSets: number; streams: number };
    /** Look-up keys of addresses, and domains as ASCII in lower case. */
    verifiedIdentities: ReadonlySet<string>;
  };
}

export interface ResolvedStream {
  name: string;
  priority: StreamPriority;
  configurationSet: string | null;
  from: string | null;
  unsubscribe: boolean;
  onSuppressed: OnSuppressed;
  whenStoreFails: 'open' | 'closed';
}

/** Injection token of {@link ResolvedOptions}. */
export const SES_OPTIONS = Symbol('SES_OPTIONS');
