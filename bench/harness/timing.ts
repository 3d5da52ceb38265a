/** Milliseconds that the work took. */
export async function millisecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** How many of these are done in a second, when so many at once are under way. */
export async function perSecond<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<number> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const ms = await millisecondsOf(() => Promise.all(Array.from({ length: atOnce }, worker)));
  return (items.length * 1_000) / ms;
}
