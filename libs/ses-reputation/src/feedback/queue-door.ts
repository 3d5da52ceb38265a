import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SesReputationConfigError } from '../errors.js';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';

/**
 * Whether somebody reads `feedback.queues`. What does is a door of its own, since it needs packages that an
 * application without queues does not install.
 */
@Injectable()
export class QueueDoor implements OnApplicationBootstrap {
  private isOpen = false;

  constructor(@Inject(SES_OPTIONS) private readonly options: ResolvedOptions) {}

  /** The queues; whoever asks will read them. To be called before the application's bootstrap hooks. */
  open(): ResolvedOptions['feedback']['queues'] {
    this.isOpen = true;
    return this.options.feedback.queues;
  }

  /** @throws SesReputationConfigError if there are queues that nobody reads */
  onApplicationBootstrap(): void {
    if (this.isOpen || this.options.feedback.queues.length === 0) return;
    throw new SesReputationConfigError(
      'feedback.queues names queues and nothing reads them: add SesSqsModule (from nestjs-ses-reputation/sqs) to ' +
        'the imports of your root module',
    );
  }
}
