import type { Action } from './query-api.js';
import { pageOf } from './paging.js';
import { xmlEntries, xmlMembers } from './xml.js';

export const topicActions: Record<string, Action> = {
  CreateTopic: ({ topics }, parameters) => ({
    TopicArn: topics.create(parameters.required('Name'), parameters.attributes()).arn,
  }),

  DeleteTopic: (operations, parameters) => {
    operations.deleteTopic(parameters.required('TopicArn'));
  },

  ListTopics: ({ topics }, parameters) => {
    const { items, nextToken } = pageOf(topics.all(), parameters.optional('NextToken'));
    return { Topics: xmlMembers(items.map(({ arn }) => ({ TopicArn: arn }))), NextToken: nextToken };
  },

  GetTopicAttributes: ({ topics, subscriptions }, parameters) => {
    const topic = topics.get(parameters.required('TopicArn'));
    const states = subscriptions.of(topic.arn).map(({ state }) => state);
    const count = (wanted: string): string => String(states.filter((state) => state === wanted).length);
    return {
      Attributes: xmlEntries([
        ['TopicArn', topic.arn],
        ['Owner', topic.arn.split(':')[4]!],
        ['DisplayName', topic.attributes.get('DisplayName') ?? ''],
        ['SubscriptionsPending', count('pending')],
        ['SubscriptionsConfirmed', count('confirmed')],
        ['SubscriptionsDeleted', String(topic.subscriptionsDeleted)],
        ...[...topic.attributes].filter(([key]) => key !== 'DisplayName'),
      ]),
    };
  },

  SetTopicAttributes: ({ topics }, parameters) => {
    topics.setAttribute(
      parameters.required('TopicArn'),
      parameters.required('AttributeName'),
      parameters.optional('AttributeValue') ?? '',
    );
  },

  Publish: (operations, parameters) => ({
    MessageId: operations.publish(
      parameters.optional('TargetArn') ?? parameters.required('TopicArn'),
      parameters.required('Message'),
      {
        subject: parameters.optional('Subject'),
        attributes: parameters.messageAttributes(),
        structure: parameters.optional('MessageStructure'),
      },
    ),
  }),
};
