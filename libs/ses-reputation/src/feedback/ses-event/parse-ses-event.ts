import { meaningId } from '../meaning-id.js';
import { readBounce } from './bounce.js';
import { readComplaint } from './complaint.js';
import { readDelay, readDelivery } from './delivery.js';
import { readEngagement } from './engagement.js';
import { eventOfEventBridge } from './event-bridge.js';
import { objectOf, type Json } from './json.js';
import { readMail } from './mail.js';
import { readReject, readRenderingFailure, readSend } from './sending.js';
import type { SesEvent } from './ses-event.js';
import { readSubscription } from './subscription.js';

/**
 * Reads the text of one SES event, identity notification (`notificationType`) or event publishing
 * (`eventType`), bare or as EventBridge wraps it. Never throws: what can't be read is left out. `null` if it is no SES event at all, such as
 * "Successfully validated SNS topic for Amazon SES event publishing."
 */
export function parseSesEvent(message: string): SesEvent | null {
  const body = parseObject(message);
  const type = body && (body.eventType ?? body.notificationType);
  if (!body || type === undefined || type === null || type === 'AmazonSnsSubscriptionSucceeded') return null;
  const mail = readMail(body.mail);
  const common = { mail, identity: mail.messageId ?? meaningId('content', contentOf(body, message)) };
  switch (spelling(type)) {
    case 'bounce':
      return { ...common, type: 'bounce', ...readBounce(body.bounce) };
    case 'complaint':
      return { ...common, type: 'complaint', ...readComplaint(body.complaint) };
    case 'delivery':
      return { ...common, type: 'delivery', ...readDelivery(body.delivery) };
    case 'deliverydelay':
      return { ...common, type: 'delay', ...readDelay(body.deliveryDelay) };
    case 'send':
      return { ...common, type: 'send', ...readSend(mail) };
    case 'reject':
      return { ...common, type: 'reject', ...readReject(body.reject, mail) };
    case 'renderingfailure':
      return { ...common, type: 'rendering-failure', ...readRenderingFailure(body.failure, mail) };
    case 'open':
      return { ...common, type: 'open', ...readEngagement(body.open, mail) };
    case 'click':
      return { ...common, type: 'click', ...readEngagement(body.click, mail) };
    case 'subscription':
      return { ...common, type: 'subscription', ...readSubscription(body.subscription, mail) };
    default: {
      const identity = meaningId('content', contentOf(body, message));
      return { mail, identity, type: 'unknown', recipients: [], at: null, feedbackId: null };
    }
  }
}

function parseObject(message: string): Json | null {
  try {
    const body: unknown = JSON.parse(message.replace(/^\ufeff/, ''));
    if (body !== objectOf(body)) return null;
    const object = objectOf(body);
    return eventOfEventBridge(object) ?? object;
  } catch {
    return null;
  }
}

/** SES itself writes both `Rendering Failure` and `RENDERING_FAILURE`. */
function spelling(type: unknown): string {
  return typeof type === 'string' ? type.toLowerCase().replace(/[^a-z]/g, '') : '';
}

/** The same for every layout of the JSON: doors differ in white space. */
function contentOf(body: Json, message: string): string {
  try {
    return JSON.stringify(body);
  } catch {
    // Nested too deep to be written again.
    return message;
  }
}
