import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SesEventBus } from './ses-event-bus.js';
import type { SesEvents } from './ses-events.js';

const event: SesEvents['ses.feedback.subscribed'] = { id: '1', at: new Date(0), topicArn: 'arn' };
const logged: string[] = [];
Logger.overrideLogger({ log() {}, warn() {}, error: (message) => void logged.push(String(message)) });

function unreadable(): never {
  throw new Error('unreadable');
}

function rejected(): Promise<never> {
  return Promise.reject(new Error('listener'));
}

describe('SesEventBus', () => {
  it('reaches every listener, though the first throws and the second rejects', async () => {
    const emitter = new EventEmitter2();
    const heard: unknown[] = [];
    emitter.on('ses.feedback.subscribed', () => {
      throw new Error('listener');
    });
    emitter.on('ses.feedback.subscribed', () => Promise.reject(new Error('async listener')));
    emitter.on('ses.feedback.subscribed', (payload) => heard.push(payload));
    new SesEventBus(emitter).emit('ses.feedback.subscribed', event);
    await new Promise(setImmediate);
    expect(heard).toEqual([event]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws what has no text',
      () => {
        throw Object.create(null);
      },
    ],
    ['rejects with what has no text', () => Promise.reject(Object.create(null))],
    [
      'throws an error whose stack can’t be read',
      () => {
        throw Object.defineProperty(new Error('listener'), 'stack', { get: unreadable });
      },
    ],
    [
      'returns what can’t be told from a promise',
      // oxlint-disable-next-line unicorn/no-thenable
      () => Object.defineProperty({}, 'then', { get: unreadable }),
    ],
    ['returns a promise with a `catch` of its own', () => Object.assign(rejected(), { catch: unreadable })],
  ])('is not stopped by a listener that %s', async (_, listener) => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    logged.length = 0;
    const emitter = new EventEmitter2();
    const heard: unknown[] = [];
    emitter.on('ses.feedback.subscribed', listener);
    emitter.on('ses.feedback.subscribed', (payload) => heard.push(payload));
    new SesEventBus(emitter).emit('ses.feedback.subscribed', event);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(heard).toEqual([event]);
    expect(unhandled).not.toHaveBeenCalled();
    expect(logged.at(-1)).toContain('A listener of "ses.feedback.subscribed" failed');
  });

  it('reaches wildcard listeners, which can tell the name, and onAny listeners', () => {
    const emitter = new EventEmitter2({ wildcard: true });
    const heard: unknown[] = [];
    emitter.on('ses.**', function (this: { event: string }, payload) {
      heard.push([this.event, payload]);
    });
    emitter.onAny((name, payload) => heard.push([name, payload]));
    new SesEventBus(emitter).emit('ses.feedback.subscribed', event);
    expect(heard).toEqual([
      ['ses.feedback.subscribed', event],
      ['ses.feedback.subscribed', event],
    ]);
  });

  it('calls a `once` listener once, and resolves waitFor', async () => {
    const emitter = new EventEmitter2();
    const once = jest.fn();
    emitter.once('ses.feedback.subscribed', once);
    const waiting = emitter.waitFor('ses.feedback.subscribed');
    const bus = new SesEventBus(emitter);
    bus.emit('ses.feedback.subscribed', event);
    bus.emit('ses.feedback.subscribed', event);
    expect(once).toHaveBeenCalledTimes(1);
    expect(await waiting).toEqual([event]);
  });
});
