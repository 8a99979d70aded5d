import type { BatchesApi, BatchPage, ListedBatch } from '../../src/anthropic/api';
import { FAILURE } from '../../src/job/failure';
import { StepError } from '../runtime/failure';

const PAGE = 1_000;
/** Pages that a search reads at most, that is 200,000 batches. Bounds the search if the list never ends. */
const MOST_PAGES = 200;

/** The list cannot be searched, and repeating the search may never help: a gateway serves it so. */
export class UnsearchableList extends StepError {}

/**
 * Yields the entries of the list of batches, newest first, from all pages back to one wholly older than
 * `from`, in milliseconds of the API's clock.
 *
 * @throws {UnsearchableList} if the end of the list is unknown or too far away, the list begins with the
 *   oldest batches, or the pages form a loop: some batches may not have been seen
 */
export async function* listedSince(api: BatchesApi, from: number): AsyncGenerator<ListedBatch> {
  const isOlder = ({ createdAt }: ListedBatch) => createdAt !== undefined && createdAt.getTime() < from;
  const turned = new Set<string>();
  const order = new ListOrder();
  let after: string | undefined;
  let reachedBack = false;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await api.list({ limit: PAGE, after });
    order.read(page);
    yield* page.batches;
    if (isLast(page, reachedBack)) return;
    if (order.isNewestFirst && page.batches.length > 0 && page.batches.every(isOlder)) return;
    const last = page.batches.at(-1);
    reachedBack = last ? isOlder(last) : reachedBack;
    after = last?.id ?? page.lastId;
    if (after === undefined) throw malformed('field last_id is missing, so the next page cannot be read');
    if (turned.has(after)) {
      throw new UnsearchableList(
        FAILURE.unavailable,
        `The pages of the list of batches form a loop: the page after ${after} leads back to it.`,
      );
    }
    turned.add(after);
  }
  throw new UnsearchableList(
    FAILURE.unavailable,
    `The list of batches did not end within ${MOST_PAGES} pages of ${PAGE} batches, and none of those is ` +
      `older than ${new Date(from).toISOString()}.`,
  );
}

/**
 * Returns whether no further page exists. A page without `has_more` may be any page: an empty one is the last
 * only if the batches before it are older than the search window.
 */
function isLast({ hasMore, batches }: BatchPage, reachedBack: boolean): boolean {
  if (hasMore !== undefined) return !hasMore;
  if (batches.length > 0) return false;
  if (!reachedBack) throw malformed('field has_more is missing, so the end of the list is unknown');
  return true;
}

/**
 * The order of the list, over all of its pages. The first pages of a list in reverse order are older than any
 * window, and the search would seem complete. Batches of one time do not show the order.
 */
class ListOrder {
  /** Whether the list goes back in time: a page ended earlier than the list began. */
  isNewestFirst = false;
  #first: number | undefined;

  /** @throws {UnsearchableList} if the page shows that the list is not newest first */
  read({ batches }: BatchPage): void {
    const times = batches.flatMap(({ createdAt }) => (createdAt ? [createdAt.getTime()] : []));
    const [first, last] = [times[0], times.at(-1)];
    if (first === undefined || last === undefined) return;
    this.#first ??= first;
    if (last > first || last > this.#first) throw malformed('the batches are not listed newest first');
    if (last < this.#first) this.isNewestFirst = true;
  }
}

const malformed = (problem: string) =>
  new UnsearchableList(FAILURE.malformed, `The Anthropic API sent a malformed reply: ${problem}.`);
