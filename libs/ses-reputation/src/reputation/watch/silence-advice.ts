/** Where feedback is to come from. */
export interface FeedbackWay {
  topicArns: readonly string[];
  configurationSets: readonly string[];
  /** SES was heard before: then something was there and is gone. */
  wasHeard: boolean;
}

/** What to look at when SES is silent, most likely cause first. */
export function silenceAdvice({ topicArns, configurationSets, wasHeard }: FeedbackWay): string[] {
  const topics = topicArns.join(', ');
  return [
    wasHeard
      ? `Is the feedback route still subscribed to ${topics}? A subscription may have been deleted or replaced.`
      : `Is the feedback route subscribed to ${topics}, and the subscription confirmed ("PendingConfirmation" means no)?`,
    wasHeard
      ? `Does SNS still reach the feedback route over https, without a login, a redirect or an expired certificate? Where a queue brings the feedback: does its consumer run?`
      : `Does SNS reach the feedback route over https from the internet, without a login or a redirect, and is raw message delivery off?`,
    ...destinations(configurationSets, topics),
    `Does the topic exist (${topics}), and may SES publish to it? Its access policy must allow ses.amazonaws.com, and so must the key of an encrypted topic.`,
    ...(wasHeard
      ? []
      : [
          'Are only bounces and complaints published? Then hearing nothing may be good news; publish deliveries too, and silence tells.',
        ]),
  ];
}

function destinations(configurationSets: readonly string[], topics: string): string[] {
  if (configurationSets.length === 0) {
    return [
      `No stream has a configuration set: do the notifications of the sending identity go to ${topics}, or should "configurationSet" be set?`,
    ];
  }
  return configurationSets.map(
    (name) =>
      `Has configuration set "${name}" an event destination that is enabled and publishes to ${topics}?`,
  );
}
