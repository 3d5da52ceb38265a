import { Body, Controller, Get, HttpStatus, Post, Res } from '@nestjs/common';
import { BackToPage } from '../http/back-to-page.js';
import { SignUpDto } from './sign-up.dto.js';
import { SubscribersService, type SignUpAnswer, type SubscriberState } from './subscribers.service.js';

const MOST_SHOWN = 1_000;

@Controller()
export class SubscribersController {
  constructor(private readonly subscribers: SubscribersService) {}

  /** 201, or 200 for somebody who had signed up before. */
  @Post('signup')
  @BackToPage(({ created, welcome }: SignUpAnswer) => `/?notice=${created ? `welcome-${welcome}` : 'known'}`)
  async signUp(
    @Body() { email }: SignUpDto,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<SignUpAnswer> {
    const answer = await this.subscribers.signUp(email);
    response.status(answer.created ? HttpStatus.CREATED : HttpStatus.OK);
    return answer;
  }

  @Get('subscribers')
  list(): Promise<SubscriberState[]> {
    return this.subscribers.newest(MOST_SHOWN);
  }
}
