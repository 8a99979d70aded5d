import type { BatchesApi } from '../../src/anthropic/api';
import { inOrder } from '../../src/async/in-order';
import { readClaim } from '../../src/records/claims';
import type { Store } from '../../src/store/store';

const PAGE = 1_000;
const MOST_PAGES = 20;
/** Claims read concurrently. */
const CLAIMS = 16;

/**
 * Returns whether the first 20 pages of the list show a batch that this store knows to be ours. Only then
 * does the absence of another batch prove anything: a gateway's list may omit the batches that this key
 * creates.
 */
export async function showsKnownBatch(store: Store, api: BatchesApi): Promise<boolean> {
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { batches, hasMore } = await api.list({ limit: PAGE, after });
    const ids = batches.map(({ id }) => id).filter((id) => id !== undefined);
    for await (const claim of inOrder(ids, { atOnce: CLAIMS }, (id) => readClaim(store, id))) {
      if (claim?.job) return true;
    }
    after = ids.at(-1);
    if (hasMore === false || after === undefined) return false;
  }
  return false;
}
