import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import { Module, type INestApplication, type NestApplicationOptions, type Provider } from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Clock } from '../../libs/ses-reputation/src/clock.js';
import { StoreUnavailableError } from '../../libs/ses-reputation/src/errors.js';
import { SesEventBus } from '../../libs/ses-reputation/src/events/ses-event-bus.js';
import { SES_EVENT_EMITTER } from '../../libs/ses-reputation/src/events/tokens.js';
import {
  DEFAULT_FEEDBACK_LIMITS,
  FEEDBACK_LIMITS,
  type FeedbackLimits,
} from '../../libs/ses-reputation/src/feedback/feedback-limits.js';
import { feedbackHttpProviders } from '../../libs/ses-reputation/src/feedback/feedback-http.providers.js';
import { createFeedbackController } from '../../libs/ses-reputation/src/feedback/feedback.controller.js';
import { FEEDBACK_INGEST } from '../../libs/ses-reputation/src/feedback/sns/sns-receiver.js';
import { SES_OPTIONS } from '../../libs/ses-reputation/src/options/ses-reputation-options.js';
import { resolveOptions } from '../../libs/ses-reputation/src/options/resolve-options.js';
import { AmazonDouble, TOPIC_ARN, sign, type Fields } from './sns-forge.js';

export const PLATFORMS: { name: string; adapter: () => AbstractHttpAdapter }[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() as AbstractHttpAdapter },
  { name: 'Fastify', adapter: () => new FastifyAdapter() as AbstractHttpAdapter },
];

export interface HostSetUp {
  adapter: () => AbstractHttpAdapter;
  /** What the host's main.ts does between create and listen. */
  main?: (app: INestApplication) => void;
  options?: NestApplicationOptions;
  providers?: Provider[];
  limits?: Partial<FeedbackLimits>;
  metadata?: Record<string, unknown>;
}

/** Stands for the store: takes a message once, and can be down. */
export class StoreDouble {
  readonly messages: string[] = [];
  down = false;

  async ingest(message: string): Promise<'stored' | 'repeated' | 'ignored'> {
    if (this.down) throw new StoreUnavailableError('the database did not take the change');
    if (!/"(notification|event)Type"/.test(message)) return 'ignored';
    if (this.messages.includes(message)) return 'repeated';
    this.messages.push(message);
    return 'stored';
  }
}

/** An application with the feedback route in it, listening. */
export class FeedbackHost {
  readonly amazon = new AmazonDouble();
  readonly store = new StoreDouble();
  readonly clock = new SettableClock();
  readonly events: { name: string; payload: Fields }[] = [];
  url = '';
  private app!: INestApplication;

  static async start(setUp: HostSetUp): Promise<FeedbackHost> {
    const host = new FeedbackHost();
    await host.listen(setUp);
    return host;
  }

  stop(): Promise<void> {
    return this.app.close();
  }

  /** Posts a body as SNS does. */
  async post(
    body: string | Uint8Array | Fields,
    { path = '/ses/feedback', headers = {} as Record<string, string | undefined> } = {},
  ): Promise<{ status: number; body: any; text: string }> {
    const sent: Record<string, string | undefined> = {
      'content-type': 'text/plain; charset=UTF-8',
      ...headers,
    };
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)) as never,
      body: typeof body === 'string' || body instanceof Uint8Array ? (body as never) : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, text, body: parsed(text) };
  }

  postSigned(envelope: Fields, key?: Parameters<typeof sign>[1]) {
    return this.post(sign(envelope, key));
  }

  /** Makes a post of which nothing may come, and tells how often Amazon was asked. */
  async refused(post: () => Promise<{ status: number; body: any }>) {
    const effects = () => ({ messages: this.store.messages.length, events: this.events.length });
    const before = effects();
    const requests = this.amazon.requests.length;
    const { status, body } = await post();
    expect(effects()).toEqual(before);
    return { status, body, requests: this.amazon.requests.length - requests };
  }

  private async listen({
    adapter,
    main,
    options,
    providers = [],
    limits,
    metadata,
  }: HostSetUp): Promise<void> {
    const emitter = new EventEmitter2();
    emitter.onAny((name, payload) => this.events.push({ name: String(name), payload }));
    @Module({
      controllers: [createFeedbackController('ses/feedback', { metadata })],
      providers: [
        ...feedbackHttpProviders('ses/feedback'),
        { provide: FEEDBACK_LIMITS, useValue: { ...DEFAULT_FEEDBACK_LIMITS, ...limits } },
        {
          provide: SES_OPTIONS,
          useValue: resolveOptions({ feedback: { topicArns: [TOPIC_ARN], fetch: this.amazon.fetch } }),
        },
        { provide: FEEDBACK_INGEST, useValue: this.store },
        { provide: SES_EVENT_EMITTER, useValue: emitter },
        { provide: Clock, useValue: this.clock },
        SesEventBus,
        ...providers,
      ],
    })
    class HostModule {}
    this.app = await NestFactory.create(HostModule, adapter(), {
      logger: false,
      forceCloseConnections: true,
      ...options,
    });
    main?.(this.app);
    await this.app.listen(0, '127.0.0.1');
    this.url = `http://127.0.0.1:${(this.app.getHttpServer().address() as AddressInfo).port}`;
  }
}

/** The real time, moved as a test needs it. */
export class SettableClock extends Clock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
