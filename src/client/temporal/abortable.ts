import { setMaxListeners } from 'node:events';
import type { ConnectionLike } from '@temporalio/client';

const RENEWAL = 10 * 60_000;

/**
 * Runs a long wait on the server that a signal can end. The SDK keeps a listener on the signal for every
 * call, and a wait makes a call every 20 seconds. So the wait gets its own signal, which is renewed every 10
 * minutes.
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
