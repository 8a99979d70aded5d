/**
 * Runs a task for each item of a stream, at most `most` concurrently. After the first failure it starts no
 * more tasks, waits for the running ones, and throws that failure.
 *
 * @param task its signal aborts if another task fails, so that it can stop waiting
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
