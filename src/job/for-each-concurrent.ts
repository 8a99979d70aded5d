/**
 * Runs a task for each item, at most `most` concurrently, and waits for all. A task that fails ends neither
 * the others nor the items. A stream that fails ends the items.
 *
 * @throws the first failure
 */
export async function forEachConcurrent<T>(
  most: number,
  items: Iterable<T> | AsyncIterable<T>,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const left = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const failed = (failure: unknown) => void failures.push(failure);
  const lane = async () => {
    for (let next = await left.next(); !next.done; next = await left.next()) {
      await task(next.value).catch(failed);
    }
  };
  await Promise.all(Array.from({ length: most }, () => lane().catch(failed)));
  if (failures.length > 0) throw failures[0];
}
