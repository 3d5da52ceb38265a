import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { SES_OPTIONS, type ResolvedOptions } from '../options/ses-reputation-options.js';
import { BackgroundStore } from '../store/background-store.js';
import { Slots } from '../store/slots.js';
import { SES_DATA_SOURCE } from '../store/tokens.js';

/** Of `leaseMs`: the next question must come in time for the next look. */
const SHARE = 0.5;
const LEAST_MS = 1_000;

/** Does not wait behind other background work: a lease that is renewed late is lost. */
@Injectable()
export class LeaseStore extends BackgroundStore {
  constructor(
    @Inject(SES_DATA_SOURCE) dataSource: DataSource,
    @Inject(SES_OPTIONS) { background }: ResolvedOptions,
  ) {
    const questionMs = Math.max(LEAST_MS, (background?.leaseMs ?? 0) * SHARE);
    super(dataSource, { questionMs, open: 1 }, new Slots(1));
  }
}
