/**
 * Runs a task for each item of a stream, so many at a time. After the first failure none is begun any more, those that run are waited
 * for, and it is thrown.
 *
 * @param task is told by the signal that another one failed, and may then stop waiting
 */
export async function forEachConcurrent<T>(
  most: number,
  items: AsyncIterable<T>,
  task: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const running = new Set<Promise<void>>();
  try {
    for await (const item of items) {
      const lane = task(item, failed.signal)
        .catch((error) => failed.abort(error))
        .finally(() => running.delete(lane));
      running.add(lane);
      if (running.size >= most) await Promise.race(running);
      if (failed.signal.aborted) break;
    }
  } finally {
    await Promise.all(running);
  }
  failed.signal.throwIfAborted();
}
