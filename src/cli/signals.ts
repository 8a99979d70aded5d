export interface SignalWait {
  signal: Promise<NodeJS.Signals>;
  /** Leaves the signals to others again. */
  forget(): void;
}

/** Waits for the first SIGINT or SIGTERM, and keeps the process alive as long. A second one ends the process as usual. */
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

/** Does work that Ctrl-C only interrupts: it is told by the signal, and says what goes on. */
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
