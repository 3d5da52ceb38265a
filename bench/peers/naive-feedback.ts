import {
  Body,
  Controller,
  HttpCode,
  Injectable,
  Module,
  Post,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import {
  Column,
  Entity,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type DataSourceOptions,
  Repository,
} from 'typeorm';
import { validateWithSnsValidator } from './sns-validator.js';

@Entity('bounce_event')
class BounceEvent {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  messageId!: string;

  @Column()
  address!: string;

  @Column('text')
  raw!: string;
}

@Entity('suppressed')
class Suppressed {
  @PrimaryColumn()
  address!: string;

  @Column()
  reason!: string;
}

@Entity('bounce_counter')
class BounceCounter {
  @PrimaryColumn()
  day!: string;

  @Column()
  bounces!: number;
}

interface BounceNotification {
  bounce: { bouncedRecipients: { emailAddress: string }[] };
  mail: { messageId: string };
}

/**
 * What an application writes for itself: a row of the event, a row of the suppressed address, a row of the
 * day's count. No dedup, no transaction around the three, no rules which bounce suppresses.
 */
@Injectable()
export class NaiveFeedback implements OnModuleInit {
  private bounces = 0;

  constructor(
    @InjectRepository(BounceEvent) private readonly events: Repository<BounceEvent>,
    @InjectRepository(Suppressed) private readonly suppressed: Repository<Suppressed>,
    @InjectRepository(BounceCounter) private readonly counters: Repository<BounceCounter>,
  ) {}

  /** So that two first bounces of a day don't both insert its row. */
  async onModuleInit(): Promise<void> {
    await this.count();
  }

  async handle(raw: string): Promise<void> {
    const { bounce, mail } = JSON.parse(raw) as BounceNotification;
    for (const { emailAddress: address } of bounce.bouncedRecipients) {
      await this.events.save({ messageId: mail.messageId, address, raw });
      await this.suppressed.save({ address: address.toLowerCase(), reason: 'bounce' });
      this.bounces++;
      await this.count();
    }
  }

  private async count(): Promise<void> {
    await this.counters.save({ day: new Date().toISOString().slice(0, 10), bounces: this.bounces });
  }
}

@Controller('ses/feedback')
class NaiveFeedbackController {
  constructor(private readonly feedback: NaiveFeedback) {}

  @Post()
  @HttpCode(200)
  async receive(@Body() body: string): Promise<void> {
    const { Message } = await validateWithSnsValidator(body);
    await this.feedback.handle(Message);
  }
}

/** The root module of an application that does without this package. */
export function naiveModule(database: DataSourceOptions): Type {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, autoLoadEntities: true, synchronize: true }),
      TypeOrmModule.forFeature([BounceEvent, Suppressed, BounceCounter]),
    ],
    controllers: [NaiveFeedbackController],
    providers: [NaiveFeedback],
  })
  class NaiveModule {}
  return NaiveModule;
}
