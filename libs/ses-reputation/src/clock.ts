import { Injectable } from '@nestjs/common';

/** Where every service reads the time, so that a test can set it: `overrideProvider(Clock).useValue(...)`. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  }
}
