import { setMaxListeners } from 'node:events';

/**
 * Runs the work for each item, at most `atOnce` concurrently, and yields the results in the items' order. If
 * one fails, the consumer stops, or `signal` aborts, the signal of the running ones aborts.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  { atOnce, signal }: { atOnce: number; signal?: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  // Each running call adds a listener.
  setMaxListeners(0, either);
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const done = work(item, either);
      // Awaited in its turn. Until then, a failure must not be unhandled.
      done.catch(() => {});
      running.push(done);
      if (running.length === atOnce) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    stop.abort();
  }
}
