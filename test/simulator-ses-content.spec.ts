import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CreateConfigurationSetCommand,
  CreateEmailTemplateCommand,
  DeleteEmailTemplateCommand,
  GetEmailTemplateCommand,
  UpdateEmailTemplateCommand,
  SendBulkEmailCommand,
  TestRenderEmailTemplateCommand,
} from '@aws-sdk/client-sesv2';
import { client, sendRaw, simulator, start, stop } from './support/ses-session.js';

const bulk = (to: string[], TemplateName = 'news') =>
  new SendBulkEmailCommand({
    FromEmailAddress: 'news@example.com',
    ConfigurationSetName: 'main',
    DefaultContent: { Template: { TemplateName, TemplateData: '{"name":"friend","city":"Oslo"}' } },
    DefaultEmailTags: [{ Name: 'campaign', Value: 'may' }],
    BulkEmailEntries: to.map((address, index) => ({
      Destination: { ToAddresses: [address] },
      ReplacementTags: [{ Name: 'n', Value: String(index) }],
      ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: `{"name":"N${index}"}` } },
    })),
  });

describe('raw mail', () => {
  beforeEach(() => start());
  afterEach(stop);

  const RAW = [
    'From: Shop <shop@example.com>',
    'To: Ann <ann@example.com>',
    'Bcc: eve@example.com',
    'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=',
    'X-SES-CONFIGURATION-SET: main',
    'X-SES-MESSAGE-TAGS: campaign=may, plan=pro',
    '',
    'Hello',
  ].join('\r\n');

  it('takes recipients, configuration set and tags from its headers and takes those out', async () => {
    await sendRaw(RAW);
    const mail = simulator.sent[0]!;
    expect(mail).toMatchObject({
      from: 'Shop <shop@example.com>',
      destination: { to: ['ann@example.com'], cc: [], bcc: ['eve@example.com'] },
      subject: 'Grüße',
      text: 'Hello',
      configurationSet: 'main',
      tags: { campaign: 'may', plan: 'pro' },
    });
    expect(mail.raw!.toString()).not.toMatch(/bcc|x-ses/i);
    expect(mail.headers.map(({ name }) => name)).toEqual(['From', 'To', 'Subject', 'Date', 'Message-ID']);
  });

  it('lets what the call says win', async () => {
    await client.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'bulk' }));
    await sendRaw(RAW, {
      FromEmailAddress: 'other@example.com',
      Destination: { ToAddresses: ['bob@example.com'] },
      ConfigurationSetName: 'bulk',
      EmailTags: [{ Name: 'campaign', Value: 'june' }],
    });
    expect(simulator.sent[0]).toMatchObject({
      from: 'other@example.com',
      destination: { to: ['bob@example.com'], bcc: [] },
      configurationSet: 'bulk',
    });
    expect(simulator.sent[0]!.tags).toEqual({ campaign: 'june' });
  });
});

describe('bulk mail', () => {
  beforeEach(() => start({ sendRate: 2 }));
  afterEach(stop);

  it('answers one result an entry, in order', async () => {
    await client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'news',
        TemplateContent: { Subject: 'Hi {{name}} in {{city}}', Text: 'News' },
      }),
    );
    const { BulkEmailEntryResults } = await client.send(
      bulk(['a@example.com', 'nobody', 'b@example.com', 'c@example.com']),
    );
    expect(BulkEmailEntryResults).toMatchObject([
      { Status: 'SUCCESS', MessageId: simulator.sent[0]!.id },
      { Status: 'INVALID_PARAMETER', Error: "Missing final '@domain'" },
      { Status: 'SUCCESS', MessageId: simulator.sent[1]!.id },
      { Status: 'ACCOUNT_THROTTLED', Error: 'Maximum sending rate exceeded.' },
    ]);
    expect(simulator.sent).toMatchObject([
      { subject: 'Hi N0 in Oslo', tags: { campaign: 'may', n: '0' } },
      { subject: 'Hi N2 in Oslo', tags: { campaign: 'may', n: '2' } },
    ]);
  });

  it('says apart when it was the quota that ended', async () => {
    await stop();
    await start({ quota: 1 });
    const { BulkEmailEntryResults } = await client.send(
      new SendBulkEmailCommand({
        FromEmailAddress: 'news@example.com',
        DefaultContent: { Template: { TemplateContent: { Subject: 'Hi', Text: 'News' } } },
        BulkEmailEntries: ['a', 'b'].map((local) => ({
          Destination: { ToAddresses: [`${local}@example.com`] },
        })),
      }),
    );
    expect(BulkEmailEntryResults).toMatchObject([
      { Status: 'SUCCESS' },
      { Status: 'ACCOUNT_DAILY_QUOTA_EXCEEDED', Error: 'Daily message quota exceeded.' },
    ]);
  });

  it('answers entries as it is told to, and sends the others', async () => {
    await client.send(
      new CreateEmailTemplateCommand({
        TemplateName: 'news',
        TemplateContent: { Subject: 'Hi', Text: 'News' },
      }),
    );
    simulator.fail({ bulkStatuses: ['TRANSIENT_FAILURE', 'SUCCESS', 'FAILED'] });
    const { BulkEmailEntryResults } = await client.send(
      bulk(['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com']),
    );
    expect(BulkEmailEntryResults!.map(({ Status }) => Status)).toEqual([
      'TRANSIENT_FAILURE',
      'SUCCESS',
      'FAILED',
      'SUCCESS',
    ]);
    expect(simulator.sent.map(({ destination }) => destination.to)).toEqual([
      ['b@example.com'],
      ['d@example.com'],
    ]);
  });

  it('refuses the call when the template is missing or there are more than 50 entries', async () => {
    await expect(client.send(bulk(['a@example.com'], 'none'))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    const many = Array.from({ length: 51 }, (_, index) => `u${index}@example.com`);
    await expect(client.send(bulk(many))).rejects.toMatchObject({ name: 'BadRequestException' });
  });

  it('updates and deletes templates', async () => {
    const TemplateName = 'news';
    const content = (Subject: string) => ({ TemplateName, TemplateContent: { Subject, Text: 'News' } });
    await expect(client.send(new UpdateEmailTemplateCommand(content('x')))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await client.send(new CreateEmailTemplateCommand(content('First')));
    await client.send(new UpdateEmailTemplateCommand(content('Second')));
    expect(await client.send(new GetEmailTemplateCommand({ TemplateName }))).toMatchObject(content('Second'));
    await client.send(new DeleteEmailTemplateCommand({ TemplateName }));
    await expect(client.send(new GetEmailTemplateCommand({ TemplateName }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    await expect(client.send(new CreateEmailTemplateCommand(content('{{#if x}}')))).rejects.toMatchObject({
      name: 'BadRequestException',
    });
  });

  it('renders a template for a test and says what is missing', async () => {
    const TemplateName = 'news';
    const TemplateContent = { Subject: 'Hi {{name}}', Text: 'News' };
    await client.send(new CreateEmailTemplateCommand({ TemplateName, TemplateContent }));
    const render = (TemplateData: string) =>
      client.send(new TestRenderEmailTemplateCommand({ TemplateName, TemplateData }));
    expect((await render('{"name":"Ann"}')).RenderedTemplate).toContain('Subject: Hi Ann');
    await expect(render('{}')).rejects.toMatchObject({
      name: 'BadRequestException',
      message: "Attribute 'name' is not present in the rendering data.",
    });
  });
});
