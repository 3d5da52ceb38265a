import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Posting {
  port: number;
  path: string;
  bodies: string[];
  connections: number;
  /** A post each so many milliseconds, whether answers come or not; without it, the next follows an answer. */
  everyMs?: number;
}

export type Posted = { perSecond: number; p99Ms: number } | { failed: string };

/** Posts from a process of its own, so that its work is not the server's. */
export class PostingProcess {
  private readonly child = fork(fileURLToPath(new URL('./posting-process.js', import.meta.url)));

  /**
   * @returns posts a second
   * @throws if one was not answered with 200
   */
  async post(posting: Posting): Promise<number> {
    return (await this.posted(posting)).perSecond;
  }

  /** @returns 99th percentile of the time from when a post was due to its answer: milliseconds */
  async latency(posting: Posting & { everyMs: number }): Promise<number> {
    return (await this.posted(posting)).p99Ms;
  }

  private async posted(posting: Posting): Promise<Exclude<Posted, { failed: string }>> {
    this.child.send(posting);
    const [answer] = (await once(this.child, 'message')) as [Posted];
    if ('failed' in answer) throw new Error(answer.failed);
    return answer;
  }

  stop(): void {
    this.child.disconnect();
  }
}
