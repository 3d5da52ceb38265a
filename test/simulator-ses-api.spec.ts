import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SendEmailCommandInput } from '@aws-sdk/client-sesv2';
import {
  CreateEmailIdentityCommand,
  PutAccountSendingAttributesCommand,
  PutConfigurationSetSendingOptionsCommand,
} from '@aws-sdk/client-sesv2';
import { simpleMail } from './support/ses-mail.js';
import { account, client, send, sendRaw, simulator, start, stop } from './support/ses-session.js';

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ses/aws4_request, SignedHeaders=host, Signature=0';

const addresses = (count: number) => Array.from({ length: count }, (_, index) => `u${index}@example.com`);

const headers = (count: number, Name = 'X-Header', Value = 'x') =>
  Array.from({ length: count }, (_, index) => ({ Name: `${Name}${index}`, Value }));

const rawMail = (bytes: number) => `From: a@example.com\r\nTo: b@example.com\r\n\r\n${'x'.repeat(bytes)}`;

const call = async (path: string, init: RequestInit) => {
  const response = await fetch(`${simulator.endpoint}${path}`, init);
  const { message } = (await response.json()) as { message: string };
  return { status: response.status, type: response.headers.get('x-amzn-errortype'), message };
};

describe('what the simulated SES refuses', () => {
  beforeEach(() => start());
  afterEach(stop);

  const simple = simpleMail(['ann@example.com']);
  const withHeaders = (Headers: { Name: string; Value: string }[]) => ({
    ...simple,
    Content: { Simple: { ...simple.Content.Simple, Headers } },
  });

  it.each<[string, SendEmailCommandInput, string | RegExp]>([
    ['no content', { ...simple, Content: {} }, /exactly one/],
    [
      'two contents',
      { ...simple, Content: { ...simple.Content, Raw: { Data: Buffer.from('A: b') } } },
      /exactly one/,
    ],
    ['no body', { ...simple, Content: { Simple: { Subject: { Data: 'x' }, Body: {} } } }, /Body/],
    ['no sender', { ...simple, FromEmailAddress: undefined }, 'FromEmailAddress is required.'],
    ['no recipient', simpleMail([]), /at least one recipient/],
    ['51 recipients', simpleMail(addresses(51)), 'Recipient count exceeds 50.'],
    ['an address without a domain', simpleMail(['ann']), "Missing final '@domain'"],
    ['a sender without a domain', simpleMail(['a@example.com'], { from: 'Ann' }), "Missing final '@domain'"],
    [
      'a local part beyond ASCII',
      simpleMail(['änn@example.com']),
      'Local address contains control or whitespace',
    ],
    ['a domain beyond ASCII', simpleMail(['ann@exämple.com']), 'Domain contains illegal character'],
    ['two addresses in one', simpleMail(['a@example.com, b@example.com']), /more than one/],
    [
      'a tag name with a space',
      { ...simple, EmailTags: [{ Name: 'a b', Value: 'c' }] },
      /Invalid tag name <a b>/,
    ],
    ['a tag of SES', { ...simple, EmailTags: [{ Name: 'ses:x', Value: 'c' }] }, /Invalid tag name/],
    ['a long tag', { ...simple, EmailTags: [{ Name: 'a', Value: 'c'.repeat(257) }] }, /Invalid tag value/],
    ['16 headers', withHeaders(headers(16)), /at most 15/],
    ['a header name with a colon', withHeaders(headers(1, 'A:')), /Header name/],
    ['a line break in a header', withHeaders(headers(1, 'A', 'b\r\nBcc: c@example.com')), /value of header/],
    ['a header of 997 characters', withHeaders(headers(1, 'A', 'b'.repeat(995))), /longer than 996/],
    ['a contact list', { ...simple, ListManagementOptions: { ContactListName: 'all' } }, /contact list/],
    [
      'template data that is no JSON',
      {
        ...simple,
        Content: { Template: { TemplateContent: { Subject: 'x', Text: 'x' }, TemplateData: 'x' } },
      },
      /TemplateData/,
    ],
  ])('%s', async (_what, input, message) => {
    await expect(send(input)).rejects.toMatchObject({
      name: 'BadRequestException',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
      $metadata: { httpStatusCode: 400, requestId: expect.any(String) },
    });
    expect(simulator.sent).toEqual([]);
  });

  it('takes the most that is allowed', async () => {
    await send(withHeaders(headers(15)));
    expect(simulator.sent[0]!.headers).toEqual(expect.arrayContaining([{ name: 'X-Header14', value: 'x' }]));
    await send(simpleMail(addresses(50)));
  });

  it('names a configuration set or template that does not exist', async () => {
    await expect(send({ ...simple, ConfigurationSetName: 'none' })).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Configuration set <none> does not exist.',
    });
    await expect(send({ ...simple, Content: { Template: { TemplateName: 'none' } } })).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Template none does not exist.',
    });
  });

  it('more than 40 MB', async () => {
    await sendRaw(rawMail(39 * 1024 * 1024));
    await expect(sendRaw(rawMail(40 * 1024 * 1024))).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('Message length is more than'),
    });
  });

  it('calls without an Authorization header for SES, unknown operations, and bodies that are not JSON', async () => {
    const authorization = AUTHORIZATION;
    expect(await call('/v2/email/account', {})).toMatchObject({
      status: 403,
      type: 'MissingAuthenticationTokenException',
    });
    const forSns = { authorization: authorization.replace('/ses/', '/sns/') };
    expect(await call('/v2/email/account', { headers: forSns })).toMatchObject({ status: 403 });
    expect(await call('/v2/email/tenants', { method: 'POST', headers: { authorization } })).toMatchObject({
      status: 404,
      type: 'UnknownOperationException',
      message: expect.stringContaining('POST /v2/email/tenants'),
    });
    for (const body of ['{', '[]', '"x"'])
      expect(
        await call('/v2/email/outbound-emails', { method: 'POST', headers: { authorization }, body }),
      ).toMatchObject({ status: 400, type: 'SerializationException' });
    expect(
      await call('/v2/email/outbound-emails', {
        method: 'POST',
        headers: { authorization },
        body: '{"Content":1}',
      }),
    ).toMatchObject({ status: 400, type: 'BadRequestException', message: 'Content must be an object.' });
  });

  it('senders that are not verified, once there is an identity', async () => {
    const EmailIdentity = 'example.com';
    await client.send(new CreateEmailIdentityCommand({ EmailIdentity }));
    await expect(client.send(new CreateEmailIdentityCommand({ EmailIdentity }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
      $metadata: { httpStatusCode: 400 },
    });
    await send(simpleMail(['x@other.example'], { from: 'Shop <shop@mail.EXAMPLE.com>' }));
    await expect(send(simpleMail(['x@example.com'], { from: 'a@example.org' }))).rejects.toMatchObject({
      name: 'MessageRejected',
      message:
        'Email address is not verified. The following identities failed the check in region US-EAST-1: a@example.org',
    });
    await expect(
      sendRaw('From: a@example.org\r\nTo: b@example.com\r\n\r\nx', { FromEmailAddress: 'a@example.com' }),
    ).rejects.toMatchObject({ name: 'MessageRejected' });
  });

  it('mail while sending is paused, for the account or for the configuration set', async () => {
    const SendingEnabled = false;
    const ConfigurationSetName = 'main';
    await client.send(new PutConfigurationSetSendingOptionsCommand({ ConfigurationSetName, SendingEnabled }));
    await expect(send(simple)).rejects.toMatchObject({ name: 'SendingPausedException' });
    await send(simpleMail(['ann@example.com'], { configurationSet: undefined }));
    await client.send(new PutAccountSendingAttributesCommand({ SendingEnabled }));
    await expect(send(simpleMail(['a@example.com'], { configurationSet: undefined }))).rejects.toMatchObject({
      name: 'SendingPausedException',
    });
    expect(await account()).toMatchObject({ SendingEnabled: false });
  });
});
