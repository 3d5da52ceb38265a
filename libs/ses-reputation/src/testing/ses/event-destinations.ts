import type { Members } from './members.js';
import { badRequest } from './ses-error.js';

/** The API's names of event types, and what events call themselves in `eventType`. */
export const EVENT_TYPES = {
  SEND: 'Send',
  REJECT: 'Reject',
  BOUNCE: 'Bounce',
  COMPLAINT: 'Complaint',
  DELIVERY: 'Delivery',
  OPEN: 'Open',
  CLICK: 'Click',
  RENDERING_FAILURE: 'Rendering Failure',
  DELIVERY_DELAY: 'DeliveryDelay',
  SUBSCRIPTION: 'Subscription',
} as const;

export type EventTypeName = keyof typeof EVENT_TYPES;
export type EventType = (typeof EVENT_TYPES)[EventTypeName];

export interface EventDestination {
  enabled: boolean;
  types: ReadonlySet<EventType>;
  /** Set for SNS destinations, the only ones that receive anything here. */
  topicArn: string | undefined;
  /** As it was given, for `GetConfigurationSetEventDestinations`. */
  definition: Record<string, unknown>;
}

const KINDS = [
  'SnsDestination',
  'EventBridgeDestination',
  'KinesisFirehoseDestination',
  'CloudWatchDestination',
  'PinpointDestination',
] as const;

/** `EventDestination{Enabled, MatchingEventTypes, SnsDestination…}`. Disabled unless it says otherwise, as at Amazon. */
export function readEventDestination(given: Members | undefined): EventDestination {
  if (!given) throw badRequest('EventDestination is required.');
  const kinds = KINDS.filter((kind) => given.member(kind) !== undefined);
  if (kinds.length !== 1) throw badRequest(`EventDestination must have exactly one of ${KINDS.join(', ')}.`);
  const names = given.texts('MatchingEventTypes') ?? [];
  if (names.length === 0) throw badRequest('EventDestination.MatchingEventTypes must name an event type.');
  const types = names.map((name) => {
    if (!isEventTypeName(name))
      throw badRequest(`Event type <${name}> is not one of ${Object.keys(EVENT_TYPES).join(', ')}.`);
    return EVENT_TYPES[name];
  });
  const enabled = given.flag('Enabled') ?? false;
  return {
    enabled,
    types: new Set(types),
    topicArn: given.member('SnsDestination')?.required('TopicArn'),
    definition: { ...given.plain(), Enabled: enabled },
  };
}

function isEventTypeName(name: string): name is EventTypeName {
  return Object.hasOwn(EVENT_TYPES, name);
}
