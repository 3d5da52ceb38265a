import { setTimeout as sleep } from 'node:timers/promises';
import { startSampleApp, type SampleApp } from '../../sample-app/src/sample-app.js';

export const ADAPTERS = ['express', 'fastify'] as const;

/** What `GET /subscribers` gives. */
export interface SubscriberJson {
  email: string;
  signedUpAt: string;
  suppressed: { reason: string; scope: string; since: string } | null;
}

/** What `GET /alerts` gives. */
export interface AlertJson {
  name: string;
  at: string;
  message: string;
}

/** The sample shop in this process, on a free port, talked to over HTTP alone. */
export class Shop {
  private constructor(readonly running: SampleApp) {}

  static async start(env: NodeJS.ProcessEnv): Promise<Shop> {
    return new Shop(await startSampleApp({ PORT: '0', ...env }, { logger: false }));
  }

  get url(): string {
    return this.running.url;
  }

  close(): Promise<void> {
    return this.running.app.close();
  }

  async get<T>(path: string): Promise<T> {
    const answer = await fetch(this.url + path);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async post(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** Sends a form as a browser does. */
  form(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', ...headers },
      body: new URLSearchParams(fields),
    });
  }

  async page(path = '/'): Promise<string> {
    const answer = await fetch(this.url + path, { headers: { accept: 'text/html' } });
    return answer.text();
  }

  /** Asks again until the answer is as it should become. */
  async until<T>(path: string, isSo: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await this.get<T>(path);
      if (isSo(answer)) return answer;
      await sleep(50);
    }
  }
}
