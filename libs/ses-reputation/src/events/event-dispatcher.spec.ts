import { describe, expect, it } from '@jest/globals';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Clock } from '../clock.js';
import type { Leadership } from '../leadership/leadership.js';
import { EventDispatcher } from './event-dispatcher.js';
import { DEFAULT_OUTBOX_LIMITS } from './outbox-limits.js';
import type { OutboxEvent } from './outbox-event.entity.js';
import type { OutboxTable } from './outbox-table.js';
import { SesEventBus } from './ses-event-bus.js';

const leading = {
  token: 1,
  onLead: () => undefined,
  beforeGivingBack: () => undefined,
} as unknown as Leadership;

function rowNamed(id: string): OutboxEvent {
  const [name, key] = ['ses.delivered', null];
  const [dueAt, storedAt] = [new Date(0), new Date(0)];
  return {
    id,
    app: 'app',
    name,
    key,
    payload: '{}',
    state: 'pending',
    attempts: 0,
    dueAt,
    storedAt,
    error: null,
  };
}

describe('EventDispatcher', () => {
  it('is done only when what was left behind for want of room is delivered too', async () => {
    let rows = ['a', 'b', 'c'].map(rowNamed);
    const table = {
      settle: async (delivered: string[]) => {
        rows = rows.filter(({ id }) => !delivered.includes(id));
      },
      due: async (taken: string[], limit: number, full: string[]) => {
        const due = rows.filter(({ id, name }) => !taken.includes(id) && !full.includes(name));
        return { rows: due.slice(0, limit), isAll: due.length <= limit };
      },
    } as unknown as OutboxTable;
    const limits = { ...DEFAULT_OUTBOX_LIMITS, inFlight: 1 };
    const emitter = new EventEmitter2();
    let heard = 0;
    let release: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    emitter.on('ses.delivered', () => {
      heard++;
      return released;
    });
    const dispatcher = new EventDispatcher(table, leading, new Clock(), new SesEventBus(emitter), limits);
    dispatcher.wake();
    await new Promise(setImmediate);
    const drained = dispatcher.drain();
    await new Promise(setImmediate);
    release!();
    await drained;
    expect({ heard, left: rows.length }).toEqual({ heard: 3, left: 0 });
  });

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
