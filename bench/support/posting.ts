import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Posting {
  port: number;
  path: string;
  bodies: string[];
  connections: number;
}

export type Posted = { perSecond: number } | { failed: string };

/** Posts from a process of its own, so that its work is not the server's. */
export class PostingProcess {
  private readonly child = fork(fileURLToPath(new URL('./posting-process.js', import.meta.url)));

  /**
   * @returns posts a second
   * @throws if one was not answered with 200
   */
  async post(posting: Posting): Promise<number> {
    this.child.send(posting);
    const [answer] = (await once(this.child, 'message')) as [Posted];
    if ('failed' in answer) throw new Error(answer.failed);
    return answer.perSecond;
  }

  stop(): void {
    this.child.disconnect();
  }
}
