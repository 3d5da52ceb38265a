import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { readEnvironment, usesAws } from './environment.js';

const AMAZON = {
  AWS_REGION: 'eu-west-1',
  SES_FROM: 'Shop <shop@example.com>',
  SES_TOPIC_ARNS: 'arn:aws:sns:eu-west-1:123456789012:ses-feedback',
};

describe('readEnvironment', () => {
  it('needs nothing, and is then on its own', () => {
    const environment = readEnvironment({});
    expect(environment).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      HTTP_ADAPTER: 'express',
      DATABASE_URL: 'sqlite:sample.sqlite',
    });
    expect(usesAws(environment)).toBe(false);
  });

  it('takes a variable that is set to nothing as not set, as Compose files do', () => {
    expect(usesAws(readEnvironment({ AWS_REGION: '', SES_TOPIC_ARNS: ' ', PORT: '' }))).toBe(false);
  });

  it('reads what Amazon needs', () => {
    const environment = readEnvironment({
      ...AMAZON,
      PORT: '8080',
      SES_TOPIC_ARNS: `${AMAZON.SES_TOPIC_ARNS}, arn:aws:sns:eu-west-1:123456789012:other`,
    });
    expect(usesAws(environment)).toBe(true);
    expect(environment.PORT).toBe(8080);
    expect(environment.SES_TOPIC_ARNS).toEqual([
      'arn:aws:sns:eu-west-1:123456789012:ses-feedback',
      'arn:aws:sns:eu-west-1:123456789012:other',
    ]);
  });

  it.each([
    [{ PORT: '80a' }, 'PORT is "80a": expected a port from 0 to 65535, such as 3000'],
    [{ PORT: '65536' }, 'PORT is "65536": expected a port'],
    [{ PORT: '-1' }, 'PORT is "-1": expected a port'],
    [{ HTTP_ADAPTER: 'koa' }, 'HTTP_ADAPTER is "koa": expected express or fastify'],
    [{ AWS_REGION: 'eu-west-1' }, 'SES_TOPIC_ARNS is missing: expected SNS topics such as'],
    [{ AWS_REGION: 'eu-west-1' }, 'SES_FROM is missing: expected a verified sender'],
    [{ SES_FROM: 'shop@example.com' }, 'AWS_REGION is missing: expected a region'],
    [{ ...AMAZON, AWS_REGION: 'Ireland' }, 'AWS_REGION is "Ireland": expected a region'],
    [{ ...AMAZON, SES_FROM: 'the shop' }, 'SES_FROM is "the shop": expected one sender'],
    [
      { ...AMAZON, SES_TOPIC_ARNS: 'ses-feedback' },
      'SES_TOPIC_ARNS is "ses-feedback": expected SNS topic ARNs',
    ],
    [{ ...AMAZON, SES_TOPIC_ARNS: `${AMAZON.SES_TOPIC_ARNS},` }, 'SES_TOPIC_ARNS'],
    [{ ...AMAZON, SES_ENDPOINT: '127.0.0.1:4579' }, 'SES_ENDPOINT is "127.0.0.1:4579": expected an address'],
    [{ ...AMAZON, SES_CONFIGURATION_SET: 'a b' }, 'SES_CONFIGURATION_SET is "a b": expected the name'],
  ])('says what is wrong with %j', (env, sentence) => {
    expect(() => readEnvironment(env)).toThrow(sentence);
  });

  it('says how to get along without AWS', () => {
    expect(() => readEnvironment({ AWS_REGION: 'eu-west-1' })).toThrow(
      'to run on the built-in simulator instead, set none of AWS_REGION',
    );
  });

  it('never repeats a DATABASE_URL, which may hold a password', () => {
    const env = { DATABASE_URL: 'oracle://shop:secret@db/shop' };
    expect(() => readEnvironment(env)).toThrow('DATABASE_URL is none of sqlite:shop.sqlite, postgres://');
    expect(() => readEnvironment(env)).not.toThrow('secret');
  });
});
