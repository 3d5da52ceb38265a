import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Alert } from './alerts/alert.entity.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsService } from './alerts/alerts.service.js';
import { HealthController } from './health/health.controller.js';
import { NewsletterController } from './newsletter/newsletter.controller.js';
import { NewsletterService } from './newsletter/newsletter.service.js';
import { AssetsController } from './pages/assets.controller.js';
import { PagesController } from './pages/pages.controller.js';
import { Subscriber } from './subscribers/subscriber.entity.js';
import { SubscribersController } from './subscribers/subscribers.controller.js';
import { SubscribersService } from './subscribers/subscribers.service.js';

/** The shop itself. It injects MailerService, SuppressionService and ReputationService like any others. */
@Module({
  imports: [TypeOrmModule.forFeature([Subscriber, Alert])],
  controllers: [
    SubscribersController,
    NewsletterController,
    AlertsController,
    HealthController,
    PagesController,
    AssetsController,
  ],
  providers: [SubscribersService, NewsletterService, AlertsService],
})
export class ShopModule {}
