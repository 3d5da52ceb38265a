import { randomUUID } from 'node:crypto';

/** Shaped like SES's message and feedback ids: region prefix and time in hex, a UUID, a counter. */
export function sesId(nowMs: number): string {
  return `0100${nowMs.toString(16).padStart(12, '0')}-${randomUUID()}-000000`;
}
