import { request } from 'node:http';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SesSimulator } from 'nestjs-ses-reputation/testing';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0';
const MIB = 1024 * 1024;
const text = (data: string) => ({ Data: data });
const template = { Subject: 'Hi {{name}}', Text: '{{#each list}}{{this}}{{/each}}', Html: '<p>{{name}}</p>' };
const data = '{"name":"Ann","list":[1,2]}';
const raw = Buffer.from(
  'From: a@example.com\r\nTo: b@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n--x--',
).toString('base64');
const tags = [{ Name: 'campaign', Value: 'may' }];
const headers = [{ Name: 'X-Header', Value: 'x' }];
const attachments = [{ FileName: 'a.txt', ContentType: 'text/plain', RawContent: 'SGk=' }];
const from = 'Ann <ann@example.com>';
const to = { ToAddresses: ['bob@example.com'], CcAddresses: ['eve@example.com'], BccAddresses: [] };
const mail = { FromEmailAddress: from, Destination: to, ReplyToAddresses: [from], EmailTags: tags };
const set = 'configuration-sets/main';
const destination = {
  EventDestination: {
    Enabled: true,
    MatchingEventTypes: ['SEND'],
    SnsDestination: { TopicArn: 'arn:aws:sns:us-east-1:123456789012:ses-feedback' },
  },
};
const arn = destination.EventDestination.SnsDestination.TopicArn;

/** Every operation of SES with a body that is right before one member of it is replaced. */
const SES: [method: string, path: string, body?: object][] = [
  [
    'POST',
    'outbound-emails',
    {
      ...mail,
      ConfigurationSetName: 'main',
      Content: {
        Simple: {
          Subject: text('Hi'),
          Body: { Text: text('Hi'), Html: text('<p>Hi') },
          Headers: headers,
          Attachments: attachments,
        },
      },
    },
  ],
  ['POST', 'outbound-emails', { Content: { Raw: { Data: raw } } }],
  [
    'POST',
    'outbound-emails',
    {
      ...mail,
      Content: {
        Template: {
          TemplateContent: template,
          TemplateData: data,
          Headers: headers,
          Attachments: attachments,
        },
      },
    },
  ],
  ['POST', 'outbound-emails', { ...mail, Content: { Template: { TemplateName: 't', TemplateData: data } } }],
  [
    'POST',
    'outbound-bulk-emails',
    {
      FromEmailAddress: from,
      ConfigurationSetName: 'main',
      DefaultEmailTags: tags,
      DefaultContent: { Template: { TemplateName: 't', TemplateData: data } },
      BulkEmailEntries: [
        {
          Destination: to,
          ReplacementTags: tags,
          ReplacementHeaders: headers,
          ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: data } },
        },
      ],
    },
  ],
  ['GET', 'account'],
  ['PUT', 'account/sending', { SendingEnabled: true }],
  ['PUT', 'account/suppression', { SuppressedReasons: ['BOUNCE'] }],
  ['PUT', 'suppression/addresses', { EmailAddress: 'eve@example.com', Reason: 'BOUNCE' }],
  ['GET', 'suppression/addresses'],
  ['GET', 'suppression/addresses/eve%40example.com'],
  ['DELETE', 'suppression/addresses/eve%40example.com'],
  [
    'POST',
    'configuration-sets',
    { ConfigurationSetName: 'junk', SuppressionOptions: { SuppressedReasons: [] }, SendingOptions: {} },
  ],
  ['GET', 'configuration-sets'],
  ['GET', set],
  ['GET', 'configuration-sets/junk'],
  ['DELETE', 'configuration-sets/junk'],
  ['PUT', `${set}/suppression-options`, { SuppressedReasons: ['COMPLAINT'] }],
  ['PUT', `${set}/sending`, { SendingEnabled: true }],
  ['POST', `${set}/event-destinations`, { EventDestinationName: 'junk', ...destination }],
  ['GET', `${set}/event-destinations`],
  ['PUT', `${set}/event-destinations/junk`, destination],
  ['DELETE', `${set}/event-destinations/junk`],
  ['POST', 'identities', { EmailIdentity: 'example.com', ConfigurationSetName: 'main' }],
  ['GET', 'identities'],
  ['GET', 'identities/example.com'],
  ['DELETE', 'identities/example.com'],
  ['POST', 'templates', { TemplateName: 't', TemplateContent: template }],
  ['GET', 'templates'],
  ['GET', 'templates/t'],
  ['PUT', 'templates/t', { TemplateContent: template }],
  ['POST', 'templates/t/render', { TemplateData: data }],
  ['DELETE', 'templates/t'],
];

/** Every operation of SNS, with parameters that are right before one of them is replaced. */
const SNS: Record<string, string>[] = [
  {
    Action: 'CreateTopic',
    Name: 'junk',
    'Attributes.entry.1.key': 'DisplayName',
    'Attributes.entry.1.value': 'x',
  },
  { Action: 'ListTopics', NextToken: '' },
  { Action: 'GetTopicAttributes', TopicArn: arn },
  { Action: 'SetTopicAttributes', TopicArn: arn, AttributeName: 'DisplayName', AttributeValue: 'x' },
  { Action: 'DeleteTopic', TopicArn: `${arn}x` },
  {
    Action: 'Subscribe',
    TopicArn: arn,
    Protocol: 'http',
    Endpoint: 'http://127.0.0.1:1/',
    'Attributes.entry.1.key': 'RawMessageDelivery',
    'Attributes.entry.1.value': 'true',
  },
  { Action: 'ConfirmSubscription', TopicArn: arn, Token: 'x', AuthenticateOnUnsubscribe: 'true' },
  { Action: 'Unsubscribe', SubscriptionArn: `${arn}:x` },
  { Action: 'ListSubscriptions', NextToken: '' },
  { Action: 'ListSubscriptionsByTopic', TopicArn: arn, NextToken: '' },
  { Action: 'GetSubscriptionAttributes', SubscriptionArn: `${arn}:x` },
  {
    Action: 'SetSubscriptionAttributes',
    SubscriptionArn: `${arn}:x`,
    AttributeName: 'RawMessageDelivery',
    AttributeValue: 'true',
  },
  {
    Action: 'Publish',
    TopicArn: arn,
    Message: '{"default":"x"}',
    MessageStructure: 'json',
    Subject: 'x',
    'MessageAttributes.entry.1.Name': 'a',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'x',
  },
  { Action: 'PublishBatch', TopicArn: arn },
];

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const long = fc
  .constantFrom(
    ' ',
    '\t',
    'a',
    '<',
    '"',
    '(',
    '=',
    '@',
    'a@',
    '.',
    '\\',
    '{{{',
    '{{!--',
    '=?a?b?',
    '\n',
    '%',
    ':',
    '\u{1F600}',
  )
  .map((part) => part.repeat(MIB / part.length) + '!');
const hostile = fc.constantFrom(
  '{{#if a}}'.repeat(20_000) + '{{/if}}'.repeat(20_000),
  '{{name}}{{toString}}{{__proto__.x}}{{constructor.name}}',
  '{"name":{"toString":1,"valueOf":2},"list":[{"toString":null}]}',
  `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  '{"__proto__":{"name":"x"},"constructor":1}',
  '__proto__',
  'constructor',
  'http://a:%zz@127.0.0.1:1/',
  'ann@example.com\r\nBcc: eve@example.com',
  '\u0000',
  '\ud800',
  'null',
  '[]',
  '-1',
  'AAAA',
);
const junkText = fc.oneof(fc.string({ unit: 'binary' }), hostile, { arbitrary: long, weight: 2 });
/** JSON as text: some of it is nested too deep for this process to write it. */
const junk = fc.oneof(
  junkText.map((value) => JSON.stringify(value)),
  fc.constantFrom('null', 'true', '0', '-1', '1e308', '[]', '{}', '[[]]', '[null]', '[{}]', '[1]'),
  fc.constantFrom(50, 100_000).map(nested),
  fc.json(),
  fc.constant('{"__proto__":{"Data":"x"},"toString":1,"constructor":{},"hasOwnProperty":null}'),
);
/** A MIME message with junk in a header or in the body, as `Raw.Data` takes it. */
const junkMessage = fc
  .record({
    before: fc.constantFrom(
      'To: ',
      'To: b@example.com, ',
      'Subject: ',
      'X-SES-MESSAGE-TAGS: ',
      'X-SES-MESSAGE-TAGS: __proto__=x\r\n',
      'Content-Type: ',
      'Content-Type: multipart/mixed; boundary=',
      'Content-Type: multipart/mixed; boundary="',
      'Content-Type: text/plain; charset=',
      'Content-Transfer-Encoding: quoted-printable\r\n\r\n',
      'Content-Transfer-Encoding: base64\r\n\r\n',
      'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n',
      '',
    ),
    value: fc.oneof(
      junkText,
      fc
        .constantFrom(' a\r\n', 'a.', 'a@a.', 'a@a,', '--a\r\n', ';boundary=', 'g:')
        .map((part) => part.repeat(MIB / part.length)),
    ),
  })
  .map(({ before, value }) =>
    Buffer.from(`From: a@example.com\r\nTo: b@example.com\r\n${before}${value}`).toString('base64'),
  );

const MARK = '<here>';

/** The body with the value at one of its places replaced; which one is the `pick`-th of all. */
function replaced(body: unknown, pick: number, json: string): string {
  const places: string[][] = [[]];
  const visit = (at: unknown, path: string[]): void => {
    if (typeof at !== 'object' || at === null) return;
    for (const [key, inner] of Object.entries(at)) {
      places.push([...path, key]);
      visit(inner, [...path, key]);
    }
  };
  visit(body, []);
  const put = (at: unknown, [key, ...rest]: string[]): unknown => {
    if (key === undefined) return MARK;
    const copy = Array.isArray(at) ? [...(at as unknown[])] : { ...(at as object) };
    (copy as Record<string, unknown>)[key] = put((at as Record<string, unknown>)[key], rest);
    return copy;
  };
  return JSON.stringify(put(body, places[pick % places.length]!)).replace(`"${MARK}"`, () => json);
}

describe('junk over HTTP', () => {
  let simulator: SesSimulator;

  const restart = async () => {
    await simulator?.stop();
    simulator = await SesSimulator.start({ sendRate: 1e9, quota: -1, retry: { attempts: 1 } });
    await callSes('POST', 'templates', JSON.stringify({ TemplateName: 't', TemplateContent: template }));
  };
  beforeEach(restart);
  afterAll(() => simulator.stop());

  const statusOf = async (path: string, init: RequestInit): Promise<number> => {
    const response = await fetch(`${simulator.endpoint}${path}`, init);
    const body = await response.text();
    expect(response.status < 500 ? '' : `${response.status} ${body.slice(0, 200)}`).toBe('');
    return response.status;
  };
  const callSes = (method: string, path: string, body?: string) =>
    statusOf(`/v2/email/${path}`, { method, body, headers: { authorization: AUTHORIZATION } });
  const callSns = (parameters: Record<string, string>) =>
    statusOf('/', { method: 'POST', body: new URLSearchParams(parameters) });

  it('knows these calls to be right before they are broken', async () => {
    for (const [method, path, body] of SES)
      if (path.startsWith('outbound')) expect(await callSes(method, path, JSON.stringify(body))).toBe(200);
    for (const parameters of SNS.filter(({ Action }) => /^(Create|List|Publish$|Subscribe)/.test(Action!)))
      expect(await callSns(parameters)).toBe(200);
  });

  it('answers every operation of SES 200 or 4xx', async () => {
    const call = fc.record({ of: fc.constantFrom(...SES), pick: fc.nat(), value: junk });
    await fc.assert(
      fc
        .asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (calls) => {
          for (const { of, pick, value } of calls) {
            const [method, path, body] = of;
            await callSes(method, path, body && replaced(body, pick, value));
          }
          for (const [method, path] of SES.filter(([verb]) => verb === 'GET')) await callSes(method, path);
          expect(await callSes('GET', 'account')).toBe(200);
        })
        // What one run left behind, such as a paused account, would keep the next ones from getting far.
        .beforeEach(restart),
      { numRuns: 100 },
    );
  });

  it('answers every MIME message', async () => {
    await fc.assert(
      fc.asyncProperty(junkMessage, async (Data) => {
        await callSes('POST', 'outbound-emails', JSON.stringify({ Content: { Raw: { Data } } }));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['a template nested deep', '{{#if a}}'.repeat(50_000) + '{{/if}}'.repeat(50_000), '{}', 400],
    [
      'loops in loops',
      `${Array.from({ length: 10 }, (_, depth) => `{{#each ${'../'.repeat(depth)}a}}`).join('')}x${'{{/each}}'.repeat(10)}`,
      `{"a":[${'1,'.repeat(99)}1]}`,
      200,
    ],
    ['a value without toString', '{{a}}', '{"a":{"toString":1}}', 200],
    ['data nested deep', '{{a}}', `{"a":${nested(100_000)}}`, 400],
    ['comments that never end', '{{!--'.repeat(MIB / 5), '{}', 400],
    ['braces and blanks', `{{{${' '.repeat(MIB)}`, '{}', 400],
  ])('answers %s', async (_, Text, TemplateData, expected) => {
    const Content = { Template: { TemplateContent: { Subject: 'x', Text }, TemplateData } };
    const status = await callSes('POST', 'outbound-emails', JSON.stringify({ ...mail, Content }));
    expect(status).toBe(expected);
  });

  it('keeps what it can write back: definitions nested deep are refused when they come', async () => {
    const deep = JSON.stringify(destination).replace('"SEND"]', `"SEND"],"Extra":${nested(100_000)}`);
    const body = `{"EventDestinationName":"deep",${deep.slice(1)}`;
    expect(await callSes('POST', `${set}/event-destinations`, body)).toBe(400);
    expect(await callSes('GET', `${set}/event-destinations`)).toBe(200);
  });

  it('answers every path, query and bytes in the body', async () => {
    const call = fc.record({
      of: fc.constantFrom(...SES),
      name: fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.constantFrom('__proto__', '..', '%')),
      query: fc.dictionary(
        fc.constantFrom('NextToken', 'PageSize', 'Reason', 'StartDate', 'Action'),
        fc.string(),
      ),
      body: fc.oneof(fc.uint8Array(), fc.constantFrom(Buffer.from('['.repeat(MIB)), Buffer.from('{"a":1}x'))),
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ of: [method, path], name, query, body }) => {
        const junkPath = path.replace(/[^/]+$/, encodeURIComponent(name.toWellFormed()));
        const suffix = `?${new URLSearchParams(query).toString()}`;
        await callSes(method, path + suffix, method === 'GET' ? undefined : (body as never));
        await callSes(method, junkPath + suffix, method === 'GET' ? undefined : (body as never));
      }),
      { numRuns: 200 },
    );
  });

  it('answers every operation of SNS', async () => {
    const call = fc.record({
      of: fc.constantFrom(...SNS),
      pick: fc.nat(),
      value: junkText,
      name: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(call, async ({ of: parameters, pick, value, name }) => {
        const entries = Object.entries(parameters);
        const index = pick % entries.length;
        entries[index] = name ? [value, entries[index]![1]] : [entries[index]![0], value];
        await callSns(Object.fromEntries(entries));
        expect(await callSns({ Action: 'ListTopics' })).toBe(200);
      }),
      { numRuns: 200 },
    );
    await simulator.settled().catch((error: unknown) => expect(String(error)).toMatch(/Message too long/));
  });

  it.each(['//', '/%', 'http://[/', '*', '/v2/email/templates/%ff'])(
    'answers the target %s',
    async (path) => {
      const { hostname, port } = new URL(simulator.endpoint);
      const status = await new Promise<number>((resolve, reject) => {
        request({ hostname, port, path, method: 'GET' }, (response) => {
          response.resume();
          resolve(response.statusCode!);
        })
          .on('error', reject)
          .end();
      });
      expect([400, 403, 404]).toContain(status);
    },
  );

  it('answers a body that is larger than any mail 413', async () => {
    expect(await callSes('POST', 'outbound-emails', 'x'.repeat(65 * MIB))).toBe(413);
  });
});
