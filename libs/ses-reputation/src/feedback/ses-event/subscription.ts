import { eventTime } from './event-time.js';
import { objectOf, textOf } from './json.js';
import { onlyRecipient, type EventMail } from './mail.js';

export interface SubscriptionDetails {
  contactList: string | null;
  /** Opted out of everything. */
  unsubscribedAll: boolean;
}

/**
 * A change of a contact's preferences. The contact is not named: it is the mail's recipient, known only if
 * there was one. With several, an opt-out of one must not unsubscribe all.
 */
export function readSubscription(value: unknown, mail: EventMail) {
  const subscription = objectOf(value);
  const details: SubscriptionDetails = {
    contactList: textOf(subscription.contactList, 255),
    unsubscribedAll: objectOf(subscription.newTopicPreferences).unsubscribeAll === true,
  };
  return {
    recipients: onlyRecipient(mail),
    at: eventTime(subscription.timestamp),
    feedbackId: null,
    details,
  };
}
