import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ReputationService } from 'nestjs-ses-reputation';
import { DataSource } from 'typeorm';

export interface Health {
  status: 'ok';
  db: 'up';
  /** Worst level of the bounce and complaint rates. Not a reason for a load balancer to take the app out. */
  level: string;
}

@Controller('health')
export class HealthController {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly reputation: ReputationService,
  ) {}

  /** 200 while the database answers, else 503. */
  @Get()
  async health(): Promise<Health> {
    try {
      await this.dataSource.query('select 1');
      const { level } = await this.reputation.report();
      return { status: 'ok', db: 'up', level };
    } catch (cause) {
      throw new ServiceUnavailableException({ status: 'error', db: 'down' }, { cause });
    }
  }
}
