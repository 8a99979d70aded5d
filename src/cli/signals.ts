export interface SignalWait {
  signal: Promise<NodeJS.Signals>;
  /** Stops waiting, and removes the signal handlers. */
  forget(): void;
}

/**
 * Waits for the first SIGINT or SIGTERM, and keeps the process alive until then. A second signal ends the
 * process.
 */
export function untilSignal(): SignalWait {
  // A promise alone does not keep a process alive.
  const alive = setInterval(() => {}, 1 << 30);
  let resolve: (signal: NodeJS.Signals) => void = () => {};
  const signal = new Promise<NodeJS.Signals>((settle) => {
    resolve = settle;
  });
  const stop = (name: NodeJS.Signals) => {
    forget();
    resolve(name);
  };
  const forget = () => {
    clearInterval(alive);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return { signal, forget };
}

/** Runs work that Ctrl-C only interrupts. The work receives the signal and prints what continues. */
export async function interruptible<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const onSignal = () => interrupted.abort();
  process.once('SIGINT', onSignal);
  try {
    return await work(interrupted.signal);
  } finally {
    process.off('SIGINT', onSignal);
  }
}
