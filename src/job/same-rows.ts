const HOUR = 3_600_000;
const TIMES = 3;

/**
 * Whether downloads of results show that there is no more to come: the same lines in three of them, each an hour after the one
 * before. What the batch was to answer is not known here, as of a batch that another tool made.
 *
 * @returns `undefined` when they do, else for how many milliseconds the next download is of no use.
 */
export function untilSame(downloads: readonly { at: string; lines: string }[]): number | undefined {
  const last = downloads.at(-1);
  if (!last) return 0;
  const other = downloads.findLastIndex(({ lines }) => lines !== last.lines);
  const same = downloads.slice(other + 1).map(({ at }) => Date.parse(at));
  let counted = same[0]!;
  let times = 1;
  for (const at of same) {
    if (at - counted < HOUR) continue;
    counted = at;
    times += 1;
  }
  if (times >= TIMES) return undefined;
  // The first one may have been cut: soon another one tells.
  return same.length === 1 ? 0 : counted + HOUR - same.at(-1)!;
}
