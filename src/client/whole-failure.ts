import { failureMessage, wholeMessageKey } from '../job/failure';
import { readProblem } from '../records/problems';
import type { Store } from '../store/store';

/**
 * Returns the full message of a workflow's failure. Temporal has only the public message, and the key of the
 * full one.
 */
export async function wholeFailure(store: Store, error: unknown): Promise<string> {
  const key = wholeMessageKey(error);
  try {
    return (key && (await readProblem(store, key))?.message) || failureMessage(error);
  } catch {
    // The store itself may be failing.
    return failureMessage(error);
  }
}
