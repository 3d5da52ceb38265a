import type { Place } from './arn.js';
import type { ConfigurationSets, Topics } from './configuration-sets.js';
import type { EventType } from './event-destinations.js';
import type { Identities, IdentityTopics } from './identities.js';
import { eventMail, notificationMail } from './mail-object.js';
import type { AcceptedMail } from './sent-mail.js';

const SUBJECT = 'Amazon SES Email Event Notification';
const NOTIFICATION_TOPICS: Partial<Record<EventType, 'bounce' | 'complaint' | 'delivery'>> = {
  Bounce: 'bounce',
  Complaint: 'complaint',
  Delivery: 'delivery',
};

/** Brings one event to every topic that wants it: of the mail's configuration set, and of its identity. */
export class EventPublisher {
  constructor(
    private readonly topics: Topics,
    private readonly sets: ConfigurationSets,
    private readonly identities: Identities,
    private readonly place: Place,
  ) {}

  publish(mail: AcceptedMail, type: EventType, member: string, body: object): void {
    const destinations =
      mail.configurationSet === undefined ? [] : this.sets.topicsFor(mail.configurationSet, type);
    if (destinations.length > 0) {
      const event = JSON.stringify({ eventType: type, mail: this.mailOf(mail, type), [member]: body });
      for (const topicArn of destinations) this.send(topicArn, event, { subject: SUBJECT });
    }
    this.notify(mail, type, member, body);
  }

  private notify(mail: AcceptedMail, type: EventType, member: string, body: object): void {
    const kind = NOTIFICATION_TOPICS[type];
    const topics: IdentityTopics = this.identities.covering(mail.sender)?.topics ?? {};
    const topicArn = kind && topics[kind];
    if (!topicArn) return;
    const notification = {
      notificationType: type,
      [member]: body,
      mail: notificationMail(mail, this.place, topics.includeHeaders ?? false),
    };
    this.send(topicArn, JSON.stringify(notification));
  }

  private mailOf(mail: AcceptedMail, type: EventType): Record<string, unknown> {
    const object = eventMail(mail, this.place);
    if (type !== 'Delivery') return object;
    return { ...object, tags: { ...(object.tags as object), 'ses:outgoing-ip': ['127.0.0.1'] } };
  }

  /** A topic may be gone since the destination was made; SES then drops the event. */
  private send(topicArn: string, message: string, options?: { subject: string }): void {
    if (this.topics.topicExists(topicArn)) this.topics.publish(topicArn, message, options);
  }
}
