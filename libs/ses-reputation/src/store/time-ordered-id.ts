import { randomBytes } from 'node:crypto';

const RANDOM_BYTES = 6;
const IDS_A_DRAW = 512;

let counter = 0;
let latestMs = 0;
/** Drawn for many ids at once, which costs about as much as for one. */
let random = Buffer.alloc(0);
let drawn = 0;

/** 32 hex digits that sort by time, and of one process by order of making, also where its clock is put back. */
export function timeOrderedId(atMs: number): string {
  counter = (counter + 1) % 0x1_0000_0000;
  latestMs = Math.max(latestMs, atMs);
  return hex(latestMs, 12) + hex(counter, 8) + randomHex();
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

function randomHex(): string {
  if (drawn >= random.length) {
    random = randomBytes(RANDOM_BYTES * IDS_A_DRAW);
    drawn = 0;
  }
  drawn += RANDOM_BYTES;
  return random.toString('hex', drawn - RANDOM_BYTES, drawn);
}
