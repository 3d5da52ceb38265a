import type { AcceptedMail } from './sent-mail.js';

/** A test asked for feedback on mail that was never accepted. */
export class UnknownMessageError extends Error {
  readonly code = 'SES_SIMULATOR_UNKNOWN_MESSAGE';

  constructor(readonly messageId: string) {
    super(`No mail with id "${messageId}" was accepted. The ids are those of simulator.sent.`);
    this.name = 'UnknownMessageError';
  }
}

/** A test asked for feedback from somebody whom the mail was not for. */
export class UnknownRecipientError extends Error {
  readonly code = 'SES_SIMULATOR_UNKNOWN_RECIPIENT';

  constructor(
    readonly recipient: string,
    readonly messageId: string,
    recipients: readonly string[],
  ) {
    super(`"${recipient}" is no recipient of mail "${messageId}". It went to ${recipients.join(', ')}.`);
    this.name = 'UnknownRecipientError';
  }
}

/** Every mail the simulator accepted, in order. */
export class Outbox {
  readonly all: AcceptedMail[] = [];
  private readonly byId = new Map<string, AcceptedMail>();

  add(mail: AcceptedMail): void {
    this.all.push(mail);
    this.byId.set(mail.id, mail);
  }

  /** @throws UnknownMessageError */
  get(messageId: string): AcceptedMail {
    const mail = this.byId.get(messageId);
    if (!mail) throw new UnknownMessageError(messageId);
    return mail;
  }
}
