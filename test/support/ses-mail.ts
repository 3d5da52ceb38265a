import type { Attachment } from '@aws-sdk/client-sesv2';

/** The input of `SendEmail` for a small text mail with the configuration set `main`. */
export function simpleMail(
  to: string[],
  more: { configurationSet?: string | undefined; from?: string; subject?: string } = {},
) {
  const Attachments: Attachment[] | undefined = undefined;
  return {
    FromEmailAddress: more.from ?? 'Example <no-reply@example.com>',
    Destination: { ToAddresses: to },
    ConfigurationSetName: 'configurationSet' in more ? more.configurationSet : 'main',
    EmailTags: [{ Name: 'campaign', Value: 'may' }],
    Content: {
      Simple: {
        Subject: { Data: more.subject ?? 'Hello' },
        Body: { Text: { Data: 'Hi' } },
        Attachments: Attachments as Attachment[] | undefined,
      },
    },
  };
}
