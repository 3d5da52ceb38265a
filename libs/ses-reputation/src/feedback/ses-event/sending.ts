import { objectOf, textOf } from './json.js';
import type { EventMail } from './mail.js';

export interface RejectDetails {
  reason: string | null;
}

export interface RenderingFailureDetails {
  errorMessage: string | null;
  templateName: string | null;
}

/** A send, reject or rendering failure is about the whole message, and has no time but the mail's. */
function aboutTheMessage({ destination, sentAt }: EventMail) {
  return { recipients: destination, at: sentAt, feedbackId: null };
}

export function readSend(mail: EventMail) {
  return aboutTheMessage(mail);
}

export function readReject(value: unknown, mail: EventMail) {
  const details: RejectDetails = { reason: textOf(objectOf(value).reason, 1_000) };
  return { ...aboutTheMessage(mail), details };
}

export function readRenderingFailure(value: unknown, mail: EventMail) {
  const failure = objectOf(value);
  const details: RenderingFailureDetails = {
    errorMessage: textOf(failure.errorMessage, 1_000),
    templateName: textOf(failure.templateName, 255),
  };
  return { ...aboutTheMessage(mail), details };
}
