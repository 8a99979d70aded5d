/** Activities that move whole chunks. More of them concurrently would only share one disk and one network. */
const AT_ONCE = 4;

export type Limit = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** Limits how much of the wrapped work runs concurrently in this worker. The rest waits, under heartbeats. */
export function concurrencyLimit(atOnce = AT_ONCE): Limit {
  const waiting = new Set<() => void>();
  let running = 0;

  const wakeOne = () => {
    const [next] = waiting;
    next?.();
  };

  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });

  return async (work, signal) => {
    while (running >= atOnce && !signal.aborted) await turn(signal);
    // Woken and canceled at the same moment: pass the turn on, or the next one would never be woken.
    if (signal.aborted && running < atOnce) wakeOne();
    signal.throwIfAborted();
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      wakeOne();
    }
  };
}
