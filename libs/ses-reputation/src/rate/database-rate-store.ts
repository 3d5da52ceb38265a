import type { DataSource } from 'typeorm';
import { BackgroundStore } from '../store/background-store.js';
import { changeMemory } from '../store/memory.js';
import { Slots } from '../store/slots.js';
import { ANSWER_MS, type RateStore } from './rate-store.js';
import type { SharedRate } from './shared-rate.js';

/** One row of `ses_memory`, locked for the moment of a change. Waits behind no other work of this package. */
export class DatabaseRateStore implements RateStore {
  private readonly store: BackgroundStore;

  constructor(
    dataSource: DataSource,
    private readonly name: string,
  ) {
    this.store = new BackgroundStore(dataSource, { questionMs: ANSWER_MS, open: 1 }, new Slots(1));
  }

  change(step: (before: SharedRate | null) => SharedRate): Promise<void> {
    const { store, name } = this;
    return store.transaction((tx) => changeMemory<SharedRate>(tx, store.dialect, name, step, new Date()));
  }
}
