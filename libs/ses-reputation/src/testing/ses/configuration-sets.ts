import {
  EVENT_TYPES,
  readEventDestination,
  type EventDestination,
  type EventType,
} from './event-destinations.js';
import type { Members } from './members.js';
import { pageOf } from './paging.js';
import { route, type Route } from './router.js';
import { alreadyExists, badRequest, limitExceeded, notFound, SesApiError } from './ses-error.js';
import { readReason, type SuppressionReason } from './suppression-list.js';

/** The part of SNS that SES needs. */
export interface Topics {
  topicExists(topicArn: string): boolean;
  publish(topicArn: string, message: string, options?: { subject?: string }): unknown;
}

export interface ConfigurationSet {
  name: string;
  /** Overrides the account's; an empty list switches suppression off. */
  suppressedReasons: SuppressionReason[] | undefined;
  sendingEnabled: boolean;
  destinations: Map<string, EventDestination>;
  /** Options that change nothing here, kept for `GetConfigurationSet`. */
  kept: Record<string, unknown>;
}

const MAX_DESTINATIONS = 10;
/** What SES publishes to a topic, as plain text, when an event destination for it is made. */
export const TOPIC_VALIDATED = 'Successfully validated SNS topic for Amazon SES event publishing.';

export class ConfigurationSets {
  private readonly byName = new Map<string, ConfigurationSet>();

  constructor(private readonly topics: Topics) {}

  /** @throws NotFoundException */
  get(name: string): ConfigurationSet {
    const set = this.find(name);
    if (!set) throw notFound(`Configuration set <${name}> does not exist.`);
    return set;
  }

  find(name: string): ConfigurationSet | undefined {
    return this.byName.get(name);
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** Topics that want events of that type of mail sent with that set. None once the set is deleted. */
  topicsFor(name: string, type: EventType): string[] {
    const destinations = this.byName.get(name)?.destinations.values() ?? [];
    return [...destinations].flatMap(({ enabled, types, topicArn }) =>
      enabled && topicArn !== undefined && types.has(type) ? [topicArn] : [],
    );
  }

  /** A set that publishes every event type to a topic. */
  createPublishingTo(name: string, topicArn: string): void {
    const definition = {
      Enabled: true,
      MatchingEventTypes: Object.keys(EVENT_TYPES),
      SnsDestination: { TopicArn: topicArn },
    };
    const types = new Set(Object.values(EVENT_TYPES));
    this.byName.set(name, {
      name,
      suppressedReasons: undefined,
      sendingEnabled: true,
      destinations: new Map([['sns', { enabled: true, types, topicArn, definition }]]),
      kept: {},
    });
  }

  routes(): Route[] {
    const one = 'configuration-sets/{ConfigurationSetName}';
    const name = 'ConfigurationSetName';
    return [
      route('CreateConfigurationSet', 'POST', 'configuration-sets', ({ body }) => this.create(body)),
      route('ListConfigurationSets', 'GET', 'configuration-sets', ({ query }) => this.list(query)),
      route('GetConfigurationSet', 'GET', one, ({ path }) => describe(this.get(path[name]!))),
      route('DeleteConfigurationSet', 'DELETE', one, ({ path }) => {
        this.byName.delete(this.get(path[name]!).name);
      }),
      route(
        'PutConfigurationSetSuppressionOptions',
        'PUT',
        `${one}/suppression-options`,
        ({ path, body }) => {
          this.get(path[name]!).suppressedReasons = readReasons(body);
        },
      ),
      route('PutConfigurationSetReputationOptions', 'PUT', `${one}/reputation-options`, ({ path, body }) => {
        const { kept } = this.get(path[name]!);
        const ReputationMetricsEnabled = body.flag('ReputationMetricsEnabled') ?? false;
        kept.ReputationOptions = { ...(kept.ReputationOptions as object), ReputationMetricsEnabled };
      }),
      route('PutConfigurationSetSendingOptions', 'PUT', `${one}/sending`, ({ path, body }) => {
        this.get(path[name]!).sendingEnabled = body.flag('SendingEnabled') ?? false;
      }),
      ...this.destinationRoutes(`${one}/event-destinations`),
    ];
  }

  private destinationRoutes(all: string): Route[] {
    const one = `${all}/{EventDestinationName}`;
    return [
      route('CreateConfigurationSetEventDestination', 'POST', all, ({ path, body }) =>
        this.createDestination(this.get(path.ConfigurationSetName!), body),
      ),
      route('GetConfigurationSetEventDestinations', 'GET', all, ({ path }) => ({
        EventDestinations: [...this.get(path.ConfigurationSetName!).destinations].map(
          ([Name, { definition }]) => Object.assign({ Name }, definition),
        ),
      })),
      route('UpdateConfigurationSetEventDestination', 'PUT', one, ({ path, body }) => {
        const set = this.get(path.ConfigurationSetName!);
        const name = existingDestination(set, path.EventDestinationName!);
        set.destinations.set(name, this.validated(readEventDestination(body.member('EventDestination'))));
      }),
      route('DeleteConfigurationSetEventDestination', 'DELETE', one, ({ path }) => {
        const set = this.get(path.ConfigurationSetName!);
        set.destinations.delete(existingDestination(set, path.EventDestinationName!));
      }),
    ];
  }

  private create(body: Members): void {
    const name = readName(body, 'ConfigurationSetName');
    if (this.byName.has(name)) throw alreadyExists(`Configuration set <${name}> already exists.`);
    const { ConfigurationSetName: _name, SuppressionOptions: _s, SendingOptions: _o, ...kept } = body.plain();
    const suppression = body.member('SuppressionOptions');
    this.byName.set(name, {
      name,
      suppressedReasons: suppression && readReasons(suppression),
      sendingEnabled: body.member('SendingOptions')?.flag('SendingEnabled') ?? true,
      destinations: new Map(),
      kept,
    });
  }

  private createDestination(set: ConfigurationSet, body: Members): void {
    const name = readName(body, 'EventDestinationName');
    if (set.destinations.has(name)) throw alreadyExists(`Event destination <${name}> already exists.`);
    if (set.destinations.size >= MAX_DESTINATIONS)
      throw limitExceeded(`A configuration set has at most ${MAX_DESTINATIONS} event destinations.`);
    set.destinations.set(name, this.validated(readEventDestination(body.member('EventDestination'))));
  }

  private validated(destination: EventDestination): EventDestination {
    const { topicArn } = destination;
    if (topicArn === undefined) return destination;
    if (!this.topics.topicExists(topicArn)) throw badRequest(`SNS topic <${topicArn}> not found.`);
    this.topics.publish(topicArn, TOPIC_VALIDATED);
    return destination;
  }

  private list(query: URLSearchParams): object {
    const { page, NextToken } = pageOf([...this.byName.keys()].toSorted(), {
      NextToken: query.get('NextToken'),
      PageSize: query.get('PageSize'),
    });
    return { ConfigurationSets: page, NextToken };
  }
}

/** Whether CloudWatch has rates of the set itself. Off by default, as at Amazon. */
export function hasReputationMetrics({ kept }: ConfigurationSet): boolean {
  const options = kept.ReputationOptions as { ReputationMetricsEnabled?: unknown } | undefined;
  return options?.ReputationMetricsEnabled === true;
}

/** @throws SendingPausedException */
export function checkSetSending(set: ConfigurationSet): void {
  if (!set.sendingEnabled)
    throw new SesApiError(
      'SendingPausedException',
      400,
      `Sending paused for configuration set <${set.name}>.`,
    );
}

function describe({ name, suppressedReasons, sendingEnabled, kept }: ConfigurationSet): object {
  return {
    ...kept,
    ConfigurationSetName: name,
    SendingOptions: { SendingEnabled: sendingEnabled },
    SuppressionOptions: suppressedReasons && { SuppressedReasons: suppressedReasons },
  };
}

function readReasons(body: Members): SuppressionReason[] {
  return (body.texts('SuppressedReasons') ?? []).map(readReason);
}

function existingDestination(set: ConfigurationSet, name: string): string {
  if (!set.destinations.has(name)) throw notFound(`Event destination <${name}> does not exist.`);
  return name;
}

function readName(body: Members, member: string): string {
  const name = body.required(member);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw badRequest(`${member} <${name}> may only have letters, digits, '_' and '-', at most 64.`);
  return name;
}
