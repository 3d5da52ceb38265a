import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BoundedStore } from './bounded-store.js';
import { refuseIfLocked } from './sqlite-lock.js';

/**
 * For work that is done again in time, with nobody waiting for it. Where another process has locked a SQLite file,
 * it fails at once, since a wait would stop the whole host.
 */
@Injectable()
export class BackgroundStore extends BoundedStore {
  protected override readOnce<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return super.readOnce((manager) => this.unlessLocked('read', () => work(manager)));
  }

  /** In our turn, when no transaction is open. */
  protected override begin<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.unlessLocked('write', () => super.begin(work));
  }

  private async unlessLocked<T>(purpose: 'read' | 'write', work: () => Promise<T>): Promise<T> {
    if (this.dialect === 'sqlite') refuseIfLocked(this.dataSource, purpose);
    return work();
  }
}
