import { randomBytes } from 'node:crypto';

let counter = 0;
let latestMs = 0;

/** 32 hex digits that sort by time, and of one process by order of making, also where its clock is put back. */
export function timeOrderedId(atMs: number): string {
  counter = (counter + 1) % 0x1_0000_0000;
  latestMs = Math.max(latestMs, atMs);
  return hex(latestMs, 12) + hex(counter, 8) + randomBytes(6).toString('hex');
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
