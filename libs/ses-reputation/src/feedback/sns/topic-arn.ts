/** `arn:<partition>:sns:<region>:<account>:<name>` */
export interface TopicArn {
  partition: string;
  region: string;
}

const TOPIC_ARN =
  /^arn:(aws[a-z-]{0,20}):sns:([a-z]{2}[a-z0-9-]{1,40}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/** `null` for what is not the ARN of an SNS topic. */
export function parseTopicArn(text: string): TopicArn | null {
  const match = TOPIC_ARN.exec(text);
  return match ? { partition: match[1]!, region: match[2]! } : null;
}

/** The host that serves SNS for the topic: its API, its certificates and its confirmation links. */
export function snsHostOf({ partition, region }: TopicArn): string {
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}
