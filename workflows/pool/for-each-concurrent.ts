/** Runs a task for each item, at most `most` concurrently. Waits for all, then throws the first failure. */
export async function forEachConcurrent<T>(
  most: number,
  items: Iterable<T>,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await task(next.value);
  };
  const lanes = await Promise.allSettled(Array.from({ length: most }, lane));
  for (const end of lanes) if (end.status === 'rejected') throw end.reason;
}
