import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { BackToPage } from '../http/back-to-page.js';
import { NewsletterDto } from './newsletter.dto.js';
import { NewsletterService, type NewsletterOutcome } from './newsletter.service.js';

@Controller('newsletter')
export class NewsletterController {
  constructor(private readonly newsletter: NewsletterService) {}

  @Post()
  @HttpCode(200)
  @BackToPage(
    ({ sent, suppressed, paused, failed }: NewsletterOutcome) =>
      `/?notice=newsletter&sent=${sent}&suppressed=${suppressed}&paused=${paused}&failed=${failed}`,
  )
  send(@Body() newsletter: NewsletterDto): Promise<NewsletterOutcome> {
    return this.newsletter.send(newsletter);
  }
}
