import { invalidParameter } from './errors.js';
import { pageOf } from './paging.js';
import type { Action } from './query-api.js';
import type { QueryParameters } from './query-parameters.js';
import type { Subscription } from './subscriptions.js';
import { xmlEntries, xmlMembers, type XmlElements } from './xml.js';

export const subscriptionActions: Record<string, Action> = {
  Subscribe: (operations, parameters) => {
    const topicArn = parameters.required('TopicArn');
    const protocol = parameters.required('Protocol');
    const endpoint = parameters.required('Endpoint');
    if (protocol !== 'http' && protocol !== 'https') {
      throw invalidParameter(
        `Invalid parameter: Protocol Reason: the simulator delivers to only http and https endpoints, not ${protocol}`,
      );
    }
    if (!endpoint.startsWith(`${protocol}://`)) {
      throw invalidParameter('Invalid parameter: Endpoint must match the specified protocol');
    }
    let rawMessageDelivery: boolean | undefined;
    for (const [key, value] of parameters.attributes()) rawMessageDelivery = readRawDelivery(key, value);
    const subscription = operations.subscribe(topicArn, endpoint, rawMessageDelivery);
    const known = subscription.state === 'confirmed' || parameters.flag('ReturnSubscriptionArn');
    return { SubscriptionArn: known ? subscription.arn : 'pending confirmation' };
  },

  ConfirmSubscription: (operations, parameters, caller) => {
    const subscription = operations.confirm(parameters.required('TopicArn'), parameters.required('Token'), {
      authenticateOnUnsubscribe: parameters.flag('AuthenticateOnUnsubscribe'),
      authenticated: caller.authenticated,
    });
    return { SubscriptionArn: subscription.arn };
  },

  Unsubscribe: (operations, parameters, caller) => {
    operations.unsubscribe(parameters.required('SubscriptionArn'), caller);
  },

  ListSubscriptions: ({ subscriptions }, parameters) => listing(subscriptions.all(), parameters),

  ListSubscriptionsByTopic: ({ topics, subscriptions }, parameters) =>
    listing(subscriptions.of(topics.get(parameters.required('TopicArn')).arn), parameters),

  GetSubscriptionAttributes: ({ subscriptions }, parameters) => {
    const subscription = subscriptions.get(parameters.required('SubscriptionArn'));
    return {
      Attributes: xmlEntries([
        ['SubscriptionArn', subscription.arn],
        ['TopicArn', subscription.topicArn],
        ['Owner', ownerOf(subscription)],
        ['Protocol', subscription.protocol],
        ['Endpoint', subscription.endpoint],
        ['PendingConfirmation', String(subscription.state === 'pending')],
        ['ConfirmationWasAuthenticated', String(subscription.confirmationWasAuthenticated)],
        ['RawMessageDelivery', String(subscription.rawMessageDelivery)],
      ]),
    };
  },

  SetSubscriptionAttributes: ({ subscriptions }, parameters) => {
    const subscription = subscriptions.get(parameters.required('SubscriptionArn'));
    subscription.rawMessageDelivery = readRawDelivery(
      parameters.required('AttributeName'),
      parameters.optional('AttributeValue') ?? '',
    );
  },
};

function readRawDelivery(key: string, value: string): boolean {
  if (key !== 'RawMessageDelivery') {
    throw invalidParameter(
      `Invalid parameter: AttributeName Reason: the simulator has no subscription attribute ${key}`,
    );
  }
  const wanted = value.toLowerCase();
  if (wanted !== 'true' && wanted !== 'false') {
    throw invalidParameter(
      'Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value. Must be true or false.',
    );
  }
  return wanted === 'true';
}

function listing(subscriptions: Subscription[], parameters: QueryParameters): XmlElements {
  const { items, nextToken } = pageOf(subscriptions, parameters.optional('NextToken'));
  const members = items.map((subscription) => ({
    SubscriptionArn: subscription.state === 'confirmed' ? subscription.arn : 'PendingConfirmation',
    Owner: ownerOf(subscription),
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topicArn,
  }));
  return { Subscriptions: xmlMembers(members), NextToken: nextToken };
}

function ownerOf({ topicArn }: Subscription): string {
  return topicArn.split(':')[4]!;
}
