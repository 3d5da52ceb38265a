import { objectOf, type Json } from './json.js';

/** EventBridge names the type outside of the event. */
const TYPES = new Map([
  ['Email Bounced', 'Bounce'],
  ['Email Complaint Received', 'Complaint'],
  ['Email Delivered', 'Delivery'],
  ['Email Sent', 'Send'],
  ['Email Rejected', 'Reject'],
  ['Email Opened', 'Open'],
  ['Email Clicked', 'Click'],
  ['Email Rendering Failed', 'Rendering Failure'],
  ['Email Delivery Delayed', 'DeliveryDelay'],
  ['Email Subscribed', 'Subscription'],
]);

/** The SES event in an EventBridge event, with its type; `null` if it is no EventBridge event of SES's. */
export function eventOfEventBridge({ source, detail, 'detail-type': type }: Json): Json | null {
  if (source !== 'aws.ses' || detail === undefined) return null;
  const event = objectOf(detail);
  const eventType = event.eventType ?? event.notificationType ?? TYPES.get(String(type));
  return eventType === undefined ? event : { ...event, eventType };
}
