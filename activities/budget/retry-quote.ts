import { selected } from '../../src/anthropic/create-body';
import { WorstCaseSum } from '../../src/cost/estimate/worst-case';
import { type PriceList, UnknownModelError } from '../../src/cost/prices/prices';
import type { ChunkRef } from '../../src/job/activity-types';
import { pricedRequest } from '../../src/job-spec/request-facts';
import type { Store } from '../../src/store/store';
import { openRequests } from '../runtime/requests';

/**
 * Returns the most that resending some requests of a chunk costs as a batch, in USD. Assumes that a prompt
 * has at most as many tokens as its request has bytes.
 *
 * @returns `undefined` if a model has no price
 */
export async function retryQuote(
  store: Store,
  ref: ChunkRef,
  ordinals: ReadonlySet<number>,
  prices: PriceList,
): Promise<string | undefined> {
  const sum = new WorstCaseSum(prices, new Date());
  try {
    for await (const rows of selected(await openRequests(store, ref, ordinals))) {
      for (const { params } of rows) {
        const tokens = params.length;
        const input = { low: tokens, likely: tokens, worst: tokens };
        sum.add(pricedRequest(JSON.parse(params.toString('utf8'))), input);
      }
    }
    return sum.quote.batch;
  } catch (error) {
    if (error instanceof UnknownModelError) return undefined;
    throw error;
  }
}
