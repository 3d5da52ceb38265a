import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Whether this process does the work that one instance does for all. */
@Injectable()
export class Leadership {
  /** The fencing token of the lease this process holds now; `null` if it holds none. */
  get token(): number | null {
    return 1;
  }

  /**
   * Call it in the transaction of work that only the leader may do: the transaction fails if another process
   * has become the leader.
   *
   * @throws LeaseLostError
   */
  async fence(_tx: EntityManager, _token: number): Promise<void> {}
}
