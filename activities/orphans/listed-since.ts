import type { BatchesApi, BatchPage, ListedBatch } from '../../src/anthropic/api';
import { FAILURE } from '../../src/job/failure';
import { StepError } from '../runtime/failure';

const PAGE = 1_000;
/** A search reads at most 200,000 batches: a list that never ends must not keep it for ever. */
const MOST_PAGES = 200;

/**
 * The entries of the list of batches, newest first, from all pages back to one wholly older than `from`, in milliseconds of
 * the API's clock.
 *
 * @throws {StepError} where the list's end cannot be told, is too far away, or the pages lead in a circle: there may be
 *   batches that were not seen.
 */
export async function* listedSince(api: BatchesApi, from: number): AsyncGenerator<ListedBatch> {
  const isOlder = ({ createdAt }: ListedBatch) => createdAt !== undefined && createdAt.getTime() < from;
  const turned = new Set<string>();
  let after: string | undefined;
  let reachedBack = false;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await api.list({ limit: PAGE, after });
    if (isOldestFirst(page)) throw malformed('the batches are not listed newest first');
    yield* page.batches;
    if (isLast(page, reachedBack)) return;
    if (page.batches.length > 0 && page.batches.every(isOlder)) return;
    const last = page.batches.at(-1)!;
    reachedBack = isOlder(last);
    after = last.id ?? page.lastId;
    if (after === undefined) throw malformed('field last_id is missing, so the next page cannot be read');
    if (turned.has(after)) {
      throw new StepError(
        FAILURE.unavailable,
        `The pages of the list of batches lead from ${after} back to it.`,
      );
    }
    turned.add(after);
  }
  throw new StepError(
    FAILURE.unavailable,
    `The list of batches did not end within ${MOST_PAGES} pages of ${PAGE} batches, and none of them was older than ` +
      `${new Date(from).toISOString()}: the search is not complete and is made again.`,
  );
}

/**
 * Whether no further page exists. A page without `has_more` may be any page: an empty one ends the list only behind batches
 * that are older than all that is searched for.
 */
function isLast({ hasMore, batches }: BatchPage, reachedBack: boolean): boolean {
  if (hasMore !== undefined) return !hasMore;
  if (batches.length > 0) return false;
  if (!reachedBack) throw malformed('field has_more is missing, so the end of the list cannot be told');
  return true;
}

/** Its first page would be older than any window, and the search would seem complete. */
function isOldestFirst({ batches }: BatchPage): boolean {
  const times = batches.flatMap(({ createdAt }) => (createdAt ? [createdAt.getTime()] : []));
  return times.length > 1 && times[0]! < times.at(-1)!;
}

const malformed = (problem: string) =>
  new StepError(FAILURE.malformed, `The Anthropic API sent a malformed reply: ${problem}.`);
