/** The work took longer than it may. */
export class TimeLimitError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1_000} s`);
    this.name = 'TimeLimitError';
  }
}

/**
 * Runs work that must not hang: rejects after the time limit or when `closing` aborts, whether or not the work
 * heeds the signal it is given.
 */
export async function withinTime<T>(
  ms: number,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const close = () => limit.abort(closing.reason);
  closing.addEventListener('abort', close, { once: true });
  if (closing.aborted) close();
  const timer = setTimeout(() => limit.abort(new TimeLimitError(ms)), ms);
  try {
    limit.signal.throwIfAborted();
    return await Promise.race([work(limit.signal), untilAborted(limit.signal)]);
  } finally {
    clearTimeout(timer);
    closing.removeEventListener('abort', close);
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
