interface Signalable {
  signal(name: string, ...args: unknown[]): Promise<void>;
}

/** Signals another workflow, which may have closed in the meantime or take no more signals: it is then beyond the news. */
export async function tell(workflow: Signalable, signal: string, ...args: unknown[]): Promise<void> {
  try {
    await workflow.signal(signal, ...args);
  } catch {
    // Nothing depends on it: what a signal changes is derived again from the workflows' own results.
  }
}
