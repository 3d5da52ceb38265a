import type { BulkEmailEntry, SendBulkEmailCommandInput, SESv2Client } from '@aws-sdk/client-sesv2';
import type { Turns } from '../../rate/send-rate.js';
import { classifySendError } from '../../ses/classify-send-error.js';
import { sendBulkOnce } from '../../ses/send-bulk-once.js';
import { backOffMs } from '../back-off.js';
import { ATTEMPTS, takeTurn, toSendError, waited } from '../send-email.js';
import { readEntryResult, type EntryAnswer } from './bulk-status.js';

/**
 * What became of one entry: an id, an error of ../errors.ts, or SES refused the call as such, and each must go alone;
 * or it has to be looked at again, since it may not go as it is any more.
 */
export type BulkOutcome =
  { messageId: string } | { error: Error } | { again: true } | { alone: 'refused' | 'forbidden' };

/**
 * Hands entries to SES in one call, and those again, in another, of which surely nothing was sent and a later
 * attempt may succeed.
 *
 * @param stop ends the waiting for a turn, and between attempts
 * @param turnsOf when SES may be asked about these entries
 * @param stillFree which of these entries may go as they are, once they have their turn
 * @returns one outcome an entry, in their order
 */
export async function sendBulk(
  client: SESv2Client,
  shared: Omit<SendBulkEmailCommandInput, 'BulkEmailEntries'>,
  entries: readonly BulkEmailEntry[],
  stop: AbortSignal,
  turnsOf: (entries: readonly number[]) => Turns,
  stillFree: (entries: readonly number[]) => Promise<boolean[]> | undefined,
): Promise<BulkOutcome[]> {
  const outcomes: BulkOutcome[] = [];
  let left = entries.map((_, i) => i);
  for (let attempt = 1; ; attempt++) {
    const turns = turnsOf(left);
    try {
      await takeTurn(turns, attempt - 1, stop);
      const free = await stillFree(left);
      if (free?.includes(false)) {
        for (const [at, i] of left.entries()) if (!free[at]) outcomes[i] = { again: true };
        left = left.filter((_, at) => free[at]);
        if (left.length === 0) return outcomes;
      }
    } catch (error) {
      for (const i of left) outcomes[i] = { error: error as Error };
      return outcomes;
    }
    const result = await sendBulkOnce(client, { ...shared, BulkEmailEntries: left.map((i) => entries[i]!) });
    const alone = 'error' in result ? asksForSingle(result.error) : null;
    if (alone) {
      for (const i of left) outcomes[i] = { alone };
      return outcomes;
    }
    const answers =
      'error' in result ? sameForAll(result, left.length) : inOrder(result.results, left.length);
    if (answers.some((answer) => 'kind' in answer && answer.kind === 'rate')) turns.throttled();
    if (answers.some((answer) => 'kind' in answer && answer.kind === 'quota')) turns.quotaUsedUp();
    const again: { i: number; answer: Refusal }[] = [];
    for (const [at, i] of left.entries()) {
      const answer = answers[at]!;
      if ('messageId' in answer) outcomes[i] = answer;
      else if (attempt < (ATTEMPTS[answer.kind] ?? 1)) again.push({ i, answer });
      else outcomes[i] = { error: toSendError(answer.kind, attempt, answer.cause) };
    }
    if (again.length === 0) return outcomes;
    if (!(await waited(backOffMs(attempt), stop))) {
      for (const { i, answer } of again) {
        outcomes[i] = { error: toSendError(answer.kind, attempt, answer.cause) };
      }
      return outcomes;
    }
    left = again.map(({ i }) => i);
  }
}

type Refusal = Exclude<EntryAnswer, { messageId: string }>;

/** One entry that SES can't read makes it refuse the call; and a policy may allow `ses:SendEmail` alone. */
function asksForSingle(error: unknown): 'refused' | 'forbidden' | null {
  const { name } = (error ?? {}) as Partial<Error>;
  if (name === 'BadRequestException' || name === 'MessageRejected') return 'refused';
  return name === 'AccessDeniedException' ? 'forbidden' : null;
}

function sameForAll(
  { error, handedOver }: { error: unknown; handedOver: boolean },
  count: number,
): Refusal[] {
  const kind = classifySendError(error, handedOver);
  return Array.from({ length: count }, () => ({ kind, cause: error }));
}

function inOrder(results: Parameters<typeof readEntryResult>[0][], count: number): EntryAnswer[] {
  if (results.length === count) return results.map(readEntryResult);
  // Which entry an answer is about can't be told any more.
  const cause = new Error(`SES answered ${results.length} results for ${count} entries`);
  return Array.from({ length: count }, () => ({ kind: 'unknown', cause }));
}
