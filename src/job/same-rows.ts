const HOUR = 3_600_000;
const TIMES = 3;

/**
 * Decides whether downloads of results show that no more rows will come: three of them have the same lines,
 * each an hour after the one before. For a batch whose requests are unknown here, such as another tool's.
 *
 * @returns `undefined` if they do, else for how many milliseconds another download is useless
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
  // The first download may have been cut short, so another one is useful at once.
  return same.length === 1 ? 0 : counted + HOUR - same.at(-1)!;
}
