import type { EntityManager } from 'typeorm';
import { EVERY_STREAM, SuppressedAddress } from '../suppression/suppressed-address.entity.js';
import type { SuppressionReason } from '../suppression/suppression-reason.js';
import { AccountListEntry } from './account-list-entry.entity.js';
import type { ListReason } from './ses-account-list.js';

/** What is put on SES's list, and as what. The list knows no other reasons. */
export const PUT_AS: Partial<Record<SuppressionReason, ListReason>> = {
  'hard-bounce': 'BOUNCE',
  complaint: 'COMPLAINT',
};

const LIMIT = 100;

/** Suppressions for good that SES lists in no spelling and has not refused, in order of the key, behind `after`. */
export function unlisted(manager: EntityManager, after: string): Promise<SuppressedAddress[]> {
  const listed = manager
    .createQueryBuilder()
    .subQuery()
    .select('1')
    .from(AccountListEntry, 'm')
    .where('m.key = s.key');
  return manager
    .createQueryBuilder(SuppressedAddress, 's')
    .where('s.scope = :scope AND s.reason IN (:...reasons)', {
      scope: EVERY_STREAM,
      reasons: Object.keys(PUT_AS),
    })
    .andWhere(`s.expiresAt IS NULL AND s.address <> '' AND s.key > :after`, { after })
    .andWhere(`NOT EXISTS ${listed.getQuery()}`)
    .orderBy('s.key')
    .limit(LIMIT)
    .getMany();
}

/** Entries of SES's list whose mailbox is not suppressed here in every stream, in order of the id, behind `after`. */
export function unsuppressed(
  manager: EntityManager,
  after: string,
  nowMs: number,
): Promise<AccountListEntry[]> {
  const suppressed = manager
    .createQueryBuilder()
    .subQuery()
    .select('1')
    .from(SuppressedAddress, 's')
    .where('s.key = m.key AND s.scope = :scope AND (s.expiresAt IS NULL OR s.expiresAt > :nowMs)');
  return manager
    .createQueryBuilder(AccountListEntry, 'm')
    .where(`m.state = 'listed' AND m.key <> '' AND m.id > :after`, { after })
    .andWhere(`NOT EXISTS ${suppressed.getQuery()}`)
    .setParameters({ scope: EVERY_STREAM, nowMs })
    .orderBy('m.id')
    .limit(LIMIT)
    .getMany();
}
