import { describe, expect, it } from '@jest/globals';
import { isCertificateUrl, isSubscribeUrl } from './sns-urls.js';
import { parseTopicArn } from './topic-arn.js';

const ARN = 'arn:aws:sns:us-east-1:123456789012:ses-feedback';
const HEX = '9c6465fa7f48f5cacd23014631ec1136';
const HOST = 'https://sns.us-east-1.amazonaws.com';
const PATH = `/SimpleNotificationService-${HEX}.pem`;

describe('isCertificateUrl', () => {
  const accepts = (SigningCertURL: string, arn = ARN) =>
    isCertificateUrl({ SigningCertURL, topic: parseTopicArn(arn)! });

  it.each([
    [ARN, HOST],
    ['arn:aws:sns:ap-northeast-1:123456789012:a', 'https://sns.ap-northeast-1.amazonaws.com'],
    ['arn:aws-us-gov:sns:us-gov-west-1:123456789012:a', 'https://sns.us-gov-west-1.amazonaws.com'],
    ['arn:aws-cn:sns:cn-north-1:123456789012:a', 'https://sns.cn-north-1.amazonaws.com.cn'],
  ])('asks for %s the host %s', (arn, host) => {
    expect(accepts(host + PATH, arn)).toBe(true);
  });

  it.each([
    `http://sns.us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1.amazonaws.com.evil.test${PATH}`,
    `https://evil.test${PATH}`,
    `https://sns-us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1.amazonaws.com.cn${PATH}`,
    `https://sns.us-west-2.amazonaws.com${PATH}`,
    `https://xsns.us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1.amazonaws.com.${PATH}`,
    `https://sns.us-east-1.amazonawsxcom${PATH}`,
    `https://SNS.us-east-1.amazonaws.com${PATH}`,
    `HTTPS://sns.us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1.amazonaws.com:443${PATH}`,
    `https://sns.us-east-1.amazonaws.com:8443${PATH}`,
    `https://ann@sns.us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1.amazonaws.com@evil.test${PATH}`,
    `https://sns.us-east-1.amazonaws.com\\@evil.test${PATH}`,
    `https:\\\\sns.us-east-1.amazonaws.com${PATH}`,
    `https://sns.us-east-1%2Eamazonaws.com${PATH}`,
    `https://sns.us-east-1.amazon\taws.com${PATH}`,
    ` ${HOST}${PATH}`,
    `${HOST}${PATH}\n`,
    `${HOST}${PATH}?x`,
    `${HOST}${PATH}?`,
    `${HOST}${PATH}#`,
    `${HOST}/${PATH}`,
    `${HOST}${PATH}/../evil.pem`,
    `${HOST}/bucket/..${PATH}`,
    `${HOST}/bucket${PATH}`,
    `${HOST}/SimpleNotificationService-.pem`,
    `${HOST}/SimpleNotificationService-xyz.pem`,
    `${HOST}/SimpleNotificationService-${HEX}.pem.txt`,
    `${HOST}/SimpleNotificationService-${HEX}%2epem`,
    `${HOST}/SimpleNotificationService-${'a'.repeat(65)}.pem`,
    `${HOST}/`,
    '',
  ])('refuses %j', (url) => {
    expect(accepts(url)).toBe(false);
  });
});

describe('isSubscribeUrl', () => {
  const query = `Action=ConfirmSubscription&TopicArn=${ARN}&Token=abc`;
  const accepts = (SubscribeURL: string) =>
    isSubscribeUrl({ SubscribeURL, TopicArn: ARN, Token: 'abc', topic: parseTopicArn(ARN)! });

  it.each([
    `${HOST}/?${query}`,
    `${HOST}/?Token=abc&TopicArn=${ARN}&Action=ConfirmSubscription`,
    `${HOST}/?Action=ConfirmSubscription&TopicArn=${encodeURIComponent(ARN)}&Token=abc`,
  ])('accepts %s', (url) => {
    expect(accepts(url)).toBe(true);
  });

  it.each([
    `http://sns.us-east-1.amazonaws.com/?${query}`,
    `http://169.254.169.254/latest/meta-data/?${query}`,
    `https://169.254.169.254/?${query}`,
    `https://sns.us-east-1.amazonaws.com.evil.test/?${query}`,
    `https://sns.us-west-2.amazonaws.com/?${query}`,
    `https://sqs.us-east-1.amazonaws.com/?${query}`,
    `https://SNS.us-east-1.amazonaws.com/?${query}`,
    `https://sns.us-east-1.amazonaws.com:443/?${query}`,
    `https://ann@sns.us-east-1.amazonaws.com/?${query}`,
    `${HOST}?${query}`,
    `${HOST}/x?${query}`,
    `${HOST}//?${query}`,
    `${HOST}/?${query}#x`,
    `${HOST}/?${query}#`,
    `${HOST}/?${query}&Version=2010-03-31`,
    `${HOST}/?${query}&`,
    `${HOST}/?${query}&Token=abc`,
    `${HOST}/?${query}&Action=DeleteTopic`,
    `${HOST}/?Action=DeleteTopic&TopicArn=${ARN}&Token=abc`,
    `${HOST}/?Action=ConfirmSubscription&TopicArn=${ARN}2&Token=abc`,
    `${HOST}/?Action=ConfirmSubscription&TopicArn=${ARN}&Token=abcd`,
    `${HOST}/?Action=ConfirmSubscription&TopicArn=${ARN}`,
    `${HOST}/?Action=ConfirmSubscription&Action=ConfirmSubscription&TopicArn=${ARN}`,
    `${HOST}/?action=ConfirmSubscription&TopicArn=${ARN}&Token=abc`,
    `${HOST}/?Action=Confirm\tSubscription&TopicArn=${ARN}&Token=abc`,
    `${HOST}\\?${query}`,
    ` ${HOST}/?${query}`,
    '',
  ])('refuses %j', (url) => {
    expect(accepts(url)).toBe(false);
  });
});
