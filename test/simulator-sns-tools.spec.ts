import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { hasCommand } from './support/external.js';
import { confirming, startSns, type SnsHarness, type Subscriber } from './support/sns-harness.js';

let harness: SnsHarness;
let subscriber: Subscriber;

beforeEach(async () => {
  harness = await startSns();
  subscriber = await confirming(harness);
});

afterEach(async () => {
  await harness.stop();
  await subscriber.stop();
});

/** Runs a client beside this process, which has to go on answering it. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_PAGER: '',
      NO_PROXY: '127.0.0.1',
      SNS_ENDPOINT: harness.endpoint,
      SUBSCRIBER: subscriber.url,
    },
  });
  return stdout;
}

it('answers an operation it does not know with InvalidAction', async () => {
  const answer = await fetch(harness.endpoint, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'CreatePlatformApplication' }),
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('<Code>InvalidAction</Code>');
});

if (hasCommand('aws')) {
  it('serves the AWS CLI', async () => {
    const aws = async (...args: string[]): Promise<Record<string, unknown>> => {
      const output = await run('aws', '--endpoint-url', harness.endpoint, '--output', 'json', 'sns', ...args);
      return output.trim() === '' ? {} : (JSON.parse(output) as Record<string, unknown>);
    };
    const { TopicArn } = (await aws('create-topic', '--name', 'cli')) as { TopicArn: string };
    await aws(
      'subscribe',
      '--topic-arn',
      TopicArn,
      '--protocol',
      'http',
      '--notification-endpoint',
      subscriber.url,
    );
    await harness.sns.subscribed(TopicArn, subscriber.url);
    const { MessageId } = await aws('publish', '--topic-arn', TopicArn, '--message', 'from the command line');
    await harness.sns.settled();
    expect(subscriber.ofType('Notification')[0]!.envelope).toMatchObject({
      MessageId,
      Message: 'from the command line',
    });
    expect(await aws('list-subscriptions-by-topic', '--topic-arn', TopicArn)).toMatchObject({
      Subscriptions: [{ Endpoint: subscriber.url, Protocol: 'http' }],
    });
    await expect(aws('publish', '--topic-arn', `${TopicArn}x`, '--message', 'x')).rejects.toThrow(/NotFound/);
  });
}

if (hasCommand('python3', ['-c', 'import boto3'])) {
  it('serves boto3', async () => {
    const script = `
import boto3, json, os
sns = boto3.client('sns', endpoint_url=os.environ['SNS_ENDPOINT'])
arn = sns.create_topic(Name='boto', Attributes={'SignatureVersion': '2'})['TopicArn']
sub = sns.subscribe(TopicArn=arn, Protocol='http', Endpoint=os.environ['SUBSCRIBER'], ReturnSubscriptionArn=True)
while sns.get_subscription_attributes(SubscriptionArn=sub['SubscriptionArn'])['Attributes']['PendingConfirmation'] == 'true':
    pass
message = sns.publish(TopicArn=arn, Message='from boto3', MessageAttributes={'n': {'DataType': 'Number', 'StringValue': '7'}})
try:
    sns.confirm_subscription(TopicArn=arn, Token='wrong')
except sns.exceptions.InvalidParameterException as error:
    refused = error.response['Error']['Message']
print(json.dumps({'arn': arn, 'id': message['MessageId'], 'refused': refused, 'attributes': sns.get_topic_attributes(TopicArn=arn)['Attributes']}))
`;
    const told = JSON.parse(await run('python3', '-c', script)) as Record<string, unknown>;
    await harness.sns.settled();
    expect(told).toMatchObject({
      arn: 'arn:aws:sns:us-east-1:123456789012:boto',
      refused: 'Invalid token',
      attributes: { SignatureVersion: '2', SubscriptionsConfirmed: '1' },
    });
    expect(subscriber.ofType('Notification')[0]!.envelope).toMatchObject({
      MessageId: told['id'],
      Message: 'from boto3',
      SignatureVersion: '2',
      MessageAttributes: { n: { Type: 'Number', Value: '7' } },
    });
  });
}
