import { setTimeout as sleep } from 'node:timers/promises';

/** Runs one step of long work in the background: a short transaction. Resolves when the next step may begin. */
export type GiveWay = <T>(step: () => Promise<T>) => Promise<T>;

/** Thrown before a step that must not begin any more. What was done stays done. */
export class StoppedError extends Error {
  constructor() {
    super('stopped between two steps');
  }
}

/** Without a rest, for work that somebody waits for. */
export const withoutRest: GiveWay = (step) => step();

/**
 * Rests after each step in proportion to the time it took, so that the work takes at most a share of the database.
 * Steps that wait for a busy database take longer, and so do the rests.
 *
 * @param options.share of the time, above 0 and below 1
 * @param options.mayGoOn asked before each step
 * @param options.signal ends a rest
 */
export function givingWay({
  share,
  mayGoOn,
  signal,
}: {
  share: number;
  mayGoOn: () => boolean;
  signal: AbortSignal;
}): GiveWay {
  return async (step) => {
    if (signal.aborted || !mayGoOn()) throw new StoppedError();
    const began = performance.now();
    const result = await step();
    const restMs = (performance.now() - began) * (1 / share - 1);
    await sleep(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    return result;
  };
}
