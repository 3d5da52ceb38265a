import { Controller, Get, Header, Inject, Query } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ReputationService } from 'nestjs-ses-reputation';
import { AlertsService } from '../alerts/alerts.service.js';
import type { Environment } from '../config/environment.js';
import { SENDING, type Sending } from '../config/sending.js';
import { SubscribersService } from '../subscribers/subscribers.service.js';
import { about } from './about.js';
import { livePart, type ShopState } from './live-part.js';
import { notice } from './notices.js';
import { shopPage } from './shop-page.js';

const ON_THE_PAGE = 50;

@Controller()
export class PagesController {
  private readonly about: string;

  constructor(
    private readonly subscribers: SubscribersService,
    private readonly alerts: AlertsService,
    private readonly reputation: ReputationService,
    config: ConfigService<Environment, true>,
    @Inject(SENDING) private readonly sending: Sending,
  ) {
    this.about = about(config.get('AWS_REGION', { infer: true }), sending);
  }

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  async page(@Query() query: Record<string, unknown>): Promise<string> {
    return shopPage(await this.state(), this.about, this.sending.through !== 'amazon', notice(query));
  }

  /** The moving part of the page alone. */
  @Get('live')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  async live(): Promise<string> {
    return String(livePart(await this.state()));
  }

  private async state(): Promise<ShopState> {
    const [report, subscribers, alerts] = await Promise.all([
      this.reputation.report(),
      this.subscribers.newest(ON_THE_PAGE),
      this.alerts.newest(ON_THE_PAGE),
    ]);
    return { report, subscribers, alerts };
  }
}
