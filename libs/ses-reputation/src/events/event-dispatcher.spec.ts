import { describe, expect, it } from '@jest/globals';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Clock } from '../clock.js';
import type { Leadership } from '../leadership/leadership.js';
import { EventDispatcher } from './event-dispatcher.js';
import { DEFAULT_OUTBOX_LIMITS } from './outbox-limits.js';
import type { OutboxTable } from './outbox-table.js';
import { SesEventBus } from './ses-event-bus.js';

const leading = {
  token: 1,
  onLead: () => undefined,
  beforeGivingBack: () => undefined,
} as unknown as Leadership;

describe('EventDispatcher', () => {
  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'looks again for what is stored %d turns after a look has ended',
    async (turns) => {
      let looks = 0;
      let looked: () => void;
      const first = new Promise<void>((resolve) => (looked = resolve));
      const table = {
        settle: async () => undefined,
        due: async () => {
          looks++;
          looked();
          return { rows: [], isAll: true };
        },
      } as unknown as OutboxTable;
      const limits = { ...DEFAULT_OUTBOX_LIMITS, burstMs: 0 };
      const dispatcher = new EventDispatcher(
        table,
        leading,
        new Clock(),
        new SesEventBus(new EventEmitter2()),
        limits,
      );
      dispatcher.wake();
      await first;
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      dispatcher.wake();
      await new Promise(setImmediate);
      expect(looks).toBe(2);
    },
  );
});
