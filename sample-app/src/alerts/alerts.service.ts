import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OnSesEvent, type SesEvents } from 'nestjs-ses-reputation';
import { LessThanOrEqual, type Repository } from 'typeorm';
import { alertMessage, type AlertName } from './alert-message.js';
import { Alert } from './alert.entity.js';

export type AlertView = Pick<Alert, 'name' | 'at' | 'message'>;

const KEPT = 1_000;
const LONGEST_MESSAGE = 1_000;

/** Listens to what the library reports, and keeps the newest of it for the owner to see. */
@Injectable()
export class AlertsService {
  private readonly logger = new Logger('Shop');

  constructor(@InjectRepository(Alert) private readonly alerts: Repository<Alert>) {}

  async newest(limit: number): Promise<AlertView[]> {
    const found = await this.alerts.find({ order: { at: 'DESC', id: 'DESC' }, take: limit });
    return found.map(({ name, at, message }) => ({ name, at, message }));
  }

  @OnSesEvent('ses.bounce.hard')
  onHardBounce(event: SesEvents['ses.bounce.hard']): Promise<void> {
    return this.keep('ses.bounce.hard', event);
  }

  @OnSesEvent('ses.complaint')
  onComplaint(event: SesEvents['ses.complaint']): Promise<void> {
    return this.keep('ses.complaint', event);
  }

  @OnSesEvent('ses.suppression.added')
  onSuppressed(event: SesEvents['ses.suppression.added']): Promise<void> {
    return this.keep('ses.suppression.added', event);
  }

  @OnSesEvent('ses.reputation.approaching')
  onApproaching(event: SesEvents['ses.reputation.approaching']): Promise<void> {
    return this.wake('ses.reputation.approaching', event);
  }

  @OnSesEvent('ses.reputation.changed')
  onChanged(event: SesEvents['ses.reputation.changed']): Promise<void> {
    return this.wake('ses.reputation.changed', event);
  }

  @OnSesEvent('ses.reputation.recovered')
  onRecovered(event: SesEvents['ses.reputation.recovered']): Promise<void> {
    return this.keep('ses.reputation.recovered', event);
  }

  @OnSesEvent('ses.reputation.blocked')
  onBlocked(event: SesEvents['ses.reputation.blocked']): Promise<void> {
    return this.keep('ses.reputation.blocked', event);
  }

  @OnSesEvent('ses.reputation.differs')
  onDiffers(event: SesEvents['ses.reputation.differs']): Promise<void> {
    return this.wake('ses.reputation.differs', event);
  }

  @OnSesEvent('ses.guard.changed')
  onGuardChanged(event: SesEvents['ses.guard.changed']): Promise<void> {
    return this.wake('ses.guard.changed', event);
  }

  @OnSesEvent('ses.unaccounted')
  onUnaccounted(event: SesEvents['ses.unaccounted']): Promise<void> {
    return this.wake('ses.unaccounted', event);
  }

  @OnSesEvent('ses.feedback.silent')
  onSilent(event: SesEvents['ses.feedback.silent']): Promise<void> {
    return this.wake('ses.feedback.silent', event);
  }

  @OnSesEvent('ses.account.changed')
  onAccountChanged(event: SesEvents['ses.account.changed']): Promise<void> {
    return this.wake('ses.account.changed', event);
  }

  @OnSesEvent('ses.feedback.unsubscribed')
  onUnsubscribed(event: SesEvents['ses.feedback.unsubscribed']): Promise<void> {
    return this.wake('ses.feedback.unsubscribed', event);
  }

  /** The few that can't wait: a real shop would page somebody here. */
  private wake<N extends AlertName>(name: N, event: SesEvents[N]): Promise<void> {
    this.logger.warn(alertMessage(name, event));
    return this.keep(name, event);
  }

  private async keep<N extends AlertName>(name: N, event: SesEvents[N]): Promise<void> {
    const message = storable(alertMessage(name, event));
    // An event comes at least once, so its id decides whether it is news.
    if (await this.alerts.existsBy({ eventId: event.id })) return;
    const { identifiers } = await this.alerts.insert({ eventId: event.id, name, at: event.at, message });
    await this.alerts.delete({ id: LessThanOrEqual(Number(identifiers[0]!.id) - KEPT) });
  }
}

/** A mail server may write anything: no database takes half a surrogate pair, nor PostgreSQL a NUL. */
function storable(message: string): string {
  return message.slice(0, LONGEST_MESSAGE).toWellFormed().replaceAll('\u0000', '\uFFFD');
}
