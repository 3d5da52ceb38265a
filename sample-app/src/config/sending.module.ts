import { Inject, Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import { SENDING, type Sending } from './sending.js';

/** Tells everybody whom the shop sends through, and ends the built-in simulator with the shop. */
@Module({})
export class SendingModule implements BeforeApplicationShutdown {
  static of(sending: Sending): DynamicModule {
    return {
      module: SendingModule,
      global: true,
      providers: [{ provide: SENDING, useValue: sending }],
      exports: [SENDING],
    };
  }

  constructor(@Inject(SENDING) private readonly sending: Sending) {}

  /** Before the HTTP server closes, which would wait for feedback that is still being posted to it. */
  async beforeApplicationShutdown(): Promise<void> {
    await stopSending(this.sending);
  }
}

export async function stopSending(sending: Sending): Promise<void> {
  if (sending.through === 'built-in simulator') await sending.simulator.stop();
}
