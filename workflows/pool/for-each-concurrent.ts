/** Runs a task for each item, so many at a time, and waits for all of them; then the first failure is thrown. */
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
