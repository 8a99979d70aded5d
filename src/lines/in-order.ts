import { setMaxListeners } from 'node:events';

/**
 * Does the work for each item, so many at a time, and gives what came of it in the items' order. When one fails, or nobody asks
 * any more, or `signal` is aborted, so is the signal of those that are under way.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  { atOnce, signal }: { atOnce: number; signal?: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  // Each call that is under way listens to it.
  setMaxListeners(0, either);
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const done = work(item, either);
      // It is awaited in its turn; until then nobody else hears of its failure.
      done.catch(() => {});
      running.push(done);
      if (running.length === atOnce) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    stop.abort();
  }
}
