import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MailerService, SuppressionService } from 'nestjs-ses-reputation';
import { MoreThan, type Repository } from 'typeorm';
import { Subscriber } from './subscriber.entity.js';

export interface SignUpAnswer {
  email: string;
  /** `false`: the address had signed up before, and gets no second welcome. */
  created: boolean;
  /** What became of the welcome mail. */
  welcome: 'sent' | 'suppressed' | 'paused' | 'failed' | null;
}

export interface SubscriberState {
  email: string;
  signedUpAt: Date;
  /** Why the newsletter does not go there, or `null`. */
  suppressed: { reason: string; scope: string; since: Date } | null;
}

const AT_ONCE = 200;

@Injectable()
export class SubscribersService {
  private readonly logger = new Logger('Shop');

  constructor(
    @InjectRepository(Subscriber) private readonly subscribers: Repository<Subscriber>,
    private readonly mailer: MailerService,
    private readonly suppression: SuppressionService,
  ) {}

  /** Signs an address up once, and welcomes it. The sign-up holds even if the welcome mail can't be sent. */
  async signUp(email: string): Promise<SignUpAnswer> {
    const created = await this.add(email);
    return { email, created, welcome: created ? await this.welcome(email) : null };
  }

  /** The newest subscribers first, each with what the suppression list says of the newsletter to it. */
  async newest(limit: number): Promise<SubscriberState[]> {
    const found = await this.subscribers.find({ order: { id: 'DESC' }, take: limit });
    const suppressed = await this.suppression.check(
      found.map(({ email }) => email),
      { stream: 'newsletter' },
    );
    return found.map(({ email, signedUpAt }) => ({
      email,
      signedUpAt,
      suppressed: suppressed.get(email) ?? null,
    }));
  }

  /** Everybody, in the order they signed up, without ever holding the whole list. */
  async *everyone(): AsyncGenerator<Subscriber> {
    for (let last = 0; ;) {
      const page = await this.subscribers.find({
        where: { id: MoreThan(last) },
        order: { id: 'ASC' },
        take: AT_ONCE,
      });
      yield* page;
      if (page.length < AT_ONCE) return;
      last = page.at(-1)!.id;
    }
  }

  private async add(email: string): Promise<boolean> {
    const emailKey = email.toLowerCase();
    try {
      // One statement, so that two sign-ups of one address at the same time leave one subscriber.
      await this.subscribers.insert({ email, emailKey, signedUpAt: new Date() });
      return true;
    } catch (error) {
      if (await this.subscribers.existsBy({ emailKey })) return false;
      throw error;
    }
  }

  private async welcome(email: string): Promise<SignUpAnswer['welcome']> {
    try {
      const { status } = await this.mailer.send({
        to: email,
        stream: 'transactional',
        subject: 'Welcome to the Corner Shop',
        text: `Hello,\n\nthank you for signing up. Our newsletter will come to ${email}.\n\nThe Corner Shop\n`,
      });
      return status === 'partial' ? 'sent' : status;
    } catch (error) {
      this.logger.error('A welcome mail could not be sent', error);
      return 'failed';
    }
  }
}
