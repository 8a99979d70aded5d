import type { BatchesApi } from '../../src/anthropic/api';
import { readClaim } from '../../src/records/claims';
import type { Store } from '../../src/store/store';

const PAGE = 1_000;
const MOST_PAGES = 20;
/** Claims that are read at once. */
const CLAIMS = 16;

/**
 * Whether the list shows a batch that this store knows to be ours, within its first 20 pages. Only then does the absence of another
 * batch say anything: a gateway's list may show nothing that this key creates.
 */
export async function showsKnownBatch(store: Store, api: BatchesApi): Promise<boolean> {
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { batches, hasMore } = await api.list({ limit: PAGE, after });
    const ids = batches.map(({ id }) => id).filter((id) => id !== undefined);
    for (let at = 0; at < ids.length; at += CLAIMS) {
      const claims = await Promise.all(ids.slice(at, at + CLAIMS).map((id) => readClaim(store, id)));
      if (claims.some((claim) => claim?.job)) return true;
    }
    after = ids.at(-1);
    if (hasMore === false || after === undefined) return false;
  }
  return false;
}
