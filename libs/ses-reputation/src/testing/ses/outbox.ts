import type { AcceptedMail } from './sent-mail.js';

/** Every mail the simulator accepted, in order. */
export class Outbox {
  readonly all: AcceptedMail[] = [];
  private readonly byId = new Map<string, AcceptedMail>();

  add(mail: AcceptedMail): void {
    this.all.push(mail);
    this.byId.set(mail.id, mail);
  }

  /** @throws Error for an id that no call answered */
  get(messageId: string): AcceptedMail {
    const mail = this.byId.get(messageId);
    if (!mail)
      throw new Error(
        `SesSimulator: no mail with id "${messageId}" was accepted. The ids are those of simulator.sent.`,
      );
    return mail;
  }
}
