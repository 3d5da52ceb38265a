import type { Account } from './account.js';
import { checkSetSending, type ConfigurationSets } from './configuration-sets.js';
import { isEicar } from './eicar.js';
import type { Feedback } from './feedback.js';
import type { Identities } from './identities.js';
import { sesId } from './ids.js';
import { composedHeaders, replacedHeaders } from './message-headers.js';
import type { Outbox } from './outbox.js';
import type { Outgoing } from './outgoing.js';
import { RenderingError } from './render-template.js';
import { route, type ApiCall, type Route } from './router.js';
import { readBulkEntries, readBulkEntry, readSendEmail } from './send-request.js';
import type { AcceptedMail } from './sent-mail.js';
import { SesApiError } from './ses-error.js';
import { renderContent, type Templates } from './templates.js';

export interface SendingParts {
  account: Account;
  sets: ConfigurationSets;
  identities: Identities;
  templates: Templates;
  feedback: Feedback;
  outbox: Outbox;
  region: string;
  now: () => number;
  /** The status that the next entry of a bulk call is to fail with. */
  bulkFault: () => string | null;
}

/** `SendEmail` and `SendBulkEmail`: what is checked before mail is accepted, and what happens then. */
export class Sending {
  constructor(private readonly parts: SendingParts) {}

  routes(): Route[] {
    return [
      route('SendEmail', 'POST', 'outbound-emails', (call) => ({
        MessageId: this.accept(readSendEmail(call.body), call.sourceIp),
      })),
      route('SendBulkEmail', 'POST', 'outbound-bulk-emails', (call) => this.sendBulk(call)),
    ];
  }

  private sendBulk({ body, sourceIp }: ApiCall): object {
    const { entries, template } = readBulkEntries(body);
    this.checkCall(body.text('ConfigurationSetName'));
    if ('name' in template) this.parts.templates.content(template.name);
    const BulkEmailEntryResults = entries.map((entry) => {
      const fault = this.parts.bulkFault();
      if (fault !== null) return { Status: fault, Error: `${fault}, as asked for.` };
      try {
        return { Status: 'SUCCESS', MessageId: this.accept(readBulkEntry(body, entry), sourceIp) };
      } catch (error) {
        if (!(error instanceof SesApiError)) throw error;
        return { Status: bulkStatus(error), Error: error.message };
      }
    });
    return { BulkEmailEntryResults };
  }

  /** Checks and books one mail. Throws what SES answers otherwise; then nothing was booked. */
  private accept(mail: Outgoing, sourceIp: string): string {
    const { account, identities } = this.parts;
    const identity = identities.covering(mail.senders[0]!);
    const configurationSet = mail.configurationSet ?? identity?.configurationSet;
    this.checkCall(configurationSet);
    const content = this.resolve(mail);
    identities.check(mail.senders, mail.recipients);
    account.take(mail.recipients);

    const at = new Date(this.parts.now());
    const id = sesId(at.getTime());
    const { failure, ...readable } = content;
    const place = { id, at, region: this.parts.region };
    const accepted: AcceptedMail = {
      id,
      at,
      from: mail.from,
      destination: mail.destination,
      ...readable,
      headers: readable.raw
        ? replacedHeaders(mail.headers, place)
        : composedHeaders(mail, place, readable.subject),
      tags: mail.tags,
      configurationSet,
      recipients: mail.recipients,
      operation: mail.operation,
      sourceIp,
      sender: mail.senders[0]!,
      identity: identity?.name ?? mail.senders[0]!,
    };
    this.parts.outbox.add(accepted);
    this.follow(accepted, failure);
    return id;
  }

  private follow(mail: AcceptedMail, failure: RenderingFailure | undefined): void {
    const { feedback } = this.parts;
    if (failure) feedback.event(mail, 'Rendering Failure', 'failure', failure);
    else if (mail.attachments.some(({ content }) => isEicar(content)))
      feedback.event(mail, 'Reject', 'reject', { reason: 'Bad content' });
    else feedback.follow(mail);
  }

  private resolve({ content }: Outgoing): ResolvedContent {
    if (content.kind === 'message') {
      const { kind: _kind, ...message } = content;
      return { ...message, template: undefined };
    }
    const name = 'name' in content.template ? content.template.name : undefined;
    const source =
      'name' in content.template
        ? this.parts.templates.content(content.template.name)
        : content.template.content;
    const template = { name, data: content.data };
    const { attachments } = content;
    try {
      return { ...renderContent(source, content.data), raw: undefined, attachments, template };
    } catch (error) {
      if (!(error instanceof RenderingError)) throw error;
      const failure = { errorMessage: error.message, templateName: name ?? '' };
      return { ...source, raw: undefined, attachments, template, failure };
    }
  }

  private checkCall(configurationSet: string | undefined): void {
    this.parts.account.checkSendingAllowed();
    if (configurationSet !== undefined) checkSetSending(this.parts.sets.get(configurationSet));
  }
}

interface RenderingFailure {
  errorMessage: string;
  templateName: string;
}

type ResolvedContent = Pick<
  AcceptedMail,
  'subject' | 'text' | 'html' | 'raw' | 'attachments' | 'template'
> & { failure?: RenderingFailure };

/** How an entry of a bulk call says what `SendEmail` would have answered. */
function bulkStatus(error: SesApiError): string {
  if (error.errorType === 'MessageRejected') return 'MESSAGE_REJECTED';
  if (error.errorType === 'BadRequestException') return 'INVALID_PARAMETER';
  if (error.errorType === 'TooManyRequestsException')
    return error.message.startsWith('Daily') ? 'ACCOUNT_DAILY_QUOTA_EXCEEDED' : 'ACCOUNT_THROTTLED';
  if (error.errorType === 'AccountSuspendedException') return 'ACCOUNT_SUSPENDED';
  if (error.errorType === 'NotFoundException') return 'CONFIGURATION_SET_NOT_FOUND';
  if (error.errorType === 'SendingPausedException')
    return error.message.includes('configuration set')
      ? 'CONFIGURATION_SET_SENDING_PAUSED'
      : 'ACCOUNT_SENDING_PAUSED';
  return 'FAILED';
}
