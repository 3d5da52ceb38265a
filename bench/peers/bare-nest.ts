import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';

@Controller('ses/feedback')
class BareController {
  @Post()
  @HttpCode(200)
  receive(@Body() body: string): { status: string } {
    return { status: body.length > 0 ? 'read' : 'empty' };
  }
}

/** Nest that reads a body and does nothing with it: no handler of Nest's does less. */
@Module({ controllers: [BareController] })
export class BareNestModule {}
