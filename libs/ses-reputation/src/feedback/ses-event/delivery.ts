import { eventTime } from './event-time.js';
import { objectOf, textOf } from './json.js';
import { readAddresses, readRecipients } from './recipient.js';

export interface DeliveryDetails {
  smtpResponse: string | null;
}

export interface DelayDetails {
  delayType: string | null;
}

export function readDelivery(value: unknown) {
  const delivery = objectOf(value);
  const details: DeliveryDetails = { smtpResponse: textOf(delivery.smtpResponse, 1_000) };
  return {
    recipients: readAddresses(delivery.recipients),
    at: eventTime(delivery.timestamp),
    feedbackId: null,
    details,
  };
}

export function readDelay(value: unknown) {
  const delay = objectOf(value);
  const details: DelayDetails = { delayType: textOf(delay.delayType, 128) };
  return {
    recipients: readRecipients(delay.delayedRecipients),
    at: eventTime(delay.timestamp),
    feedbackId: null,
    details,
  };
}
