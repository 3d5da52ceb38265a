import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { SesEventBus } from './ses-event-bus.js';
import type { SesEvents } from './ses-events.js';

const event: SesEvents['ses.feedback.subscribed'] = { id: '1', at: new Date(0), topicArn: 'arn' };
Logger.overrideLogger(false);

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
