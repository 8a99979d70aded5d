import { setMaxListeners } from 'node:events';
import type { ConnectionLike } from '@temporalio/client';

const RENEWAL = 10 * 60_000;

/**
 * A long wait on the server that a signal can end. The SDK keeps a listener on its signal for every call it made, and a wait
 * is a call every 20 seconds: so it gets a signal of its own, and a new one now and then.
 */
export async function abortable<T>(
  connection: ConnectionLike,
  wait: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return wait();
  for (;;) {
    const own = new AbortController();
    setMaxListeners(0, own.signal);
    const abort = () => own.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    let renewed = false;
    const timer = setTimeout(() => {
      renewed = true;
      own.abort();
    }, RENEWAL);
    try {
      return await connection.withAbortSignal(own.signal, wait);
    } catch (error) {
      if (!renewed || signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }
}
