import { Injectable, Logger } from '@nestjs/common';
import { MailerService } from 'nestjs-ses-reputation';
import { SubscribersService } from '../subscribers/subscribers.service.js';
import type { NewsletterDto } from './newsletter.dto.js';

/** How many subscribers a newsletter reached, skipped, could not be sent to yet, and missed. */
export interface NewsletterOutcome {
  sent: number;
  suppressed: number;
  paused: number;
  failed: number;
}

@Injectable()
export class NewsletterService {
  private readonly logger = new Logger('Shop');

  constructor(
    private readonly subscribers: SubscribersService,
    private readonly mailer: MailerService,
  ) {}

  /** To each subscriber a mail of its own. Suppressed addresses are the mailer's business. */
  async send(newsletter: NewsletterDto): Promise<NewsletterOutcome> {
    const outcome: NewsletterOutcome = { sent: 0, suppressed: 0, paused: 0, failed: 0 };
    for await (const { email } of this.subscribers.everyone()) {
      outcome[await this.sendTo(email, newsletter)]++;
    }
    return outcome;
  }

  private async sendTo(email: string, { subject, text }: NewsletterDto): Promise<keyof NewsletterOutcome> {
    try {
      const { status } = await this.mailer.send({ to: email, stream: 'newsletter', subject, text });
      return status === 'partial' ? 'sent' : status;
    } catch (error) {
      this.logger.error('A newsletter could not be sent to one subscriber', error);
      return 'failed';
    }
  }
}
