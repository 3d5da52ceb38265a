import type { EntityManager } from 'typeorm';
import { Lease } from './lease.entity.js';

/** A lease as somebody has seen it. */
export type SeenLease = Pick<Lease, 'holder' | 'token' | 'beat'>;

/** Takes the lease as it was seen, `null`: where there was none. Gives its new token; `null` if somebody was first. */
export async function takeLease(
  tx: EntityManager,
  { name, holder, now }: { name: string; holder: string; now: Date },
  seen: SeenLease | null,
): Promise<number | null> {
  if (seen === null) {
    if (await tx.existsBy(Lease, { name })) return null;
    await tx.insert(Lease, { name, holder, token: 1, beat: 0, renewedAt: now });
    return 1;
  }
  const token = seen.token + 1;
  const { affected } = await tx.update(
    Lease,
    { name, holder: seen.holder, token: seen.token, beat: seen.beat },
    { holder, token, beat: 0, renewedAt: now },
  );
  return affected === 1 ? token : null;
}

/** `false`: somebody else has taken it. A `beat` that differs from the last one is what shows others that we live. */
export async function renewLease(
  tx: EntityManager,
  { name, holder, now }: { name: string; holder: string; now: Date },
  { token, beat }: { token: number; beat: number },
): Promise<boolean> {
  const { affected } = await tx.update(Lease, { name, holder, token }, { beat, renewedAt: now });
  return affected === 1;
}

/** Nobody holds it from now on; the token stays, so that it only ever grows. */
export async function giveLeaseBack(
  tx: EntityManager,
  { name, holder, token }: { name: string; holder: string; token: number },
): Promise<void> {
  await tx.update(Lease, { name, holder, token }, { holder: '' });
}
