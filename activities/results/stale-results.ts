import type { ChunkRef } from '../../src/job/activity-types';
import type { StoredChunkSummary } from '../../src/job/job';
import { noCounts } from '../../src/job/outcome';
import { eachLine } from '../../src/lines/split';
import { keys } from '../../src/records/keys';
import { statusOf } from '../../src/records/result-line';
import { chunkRounds } from '../../src/records/rounds';
import { ifFound } from '../../src/store/optional';
import type { Store } from '../../src/store/store';
import { abortable } from '../runtime/context';

/**
 * Returns whether a chunk's results may be older than what its rounds downloaded: a process that was presumed
 * dead may have woken and replaced newer ones. Such results have other counts than the summary, or report
 * requests as not sent in a chunk with answers.
 */
export async function mayBeStale(
  store: Store,
  ref: ChunkRef,
  { counts: expected }: StoredChunkSummary,
  signal: AbortSignal,
): Promise<boolean> {
  const results = await ifFound(store.open(keys.results(ref.job, ref.chunk)));
  if (!results) return false;
  const counts = noCounts();
  for await (const { bytes } of eachLine(abortable(results, signal))) counts[statusOf(bytes)] += 1;
  const statuses = Object.keys(counts) as (keyof typeof counts)[];
  if (statuses.some((status) => counts[status] !== expected[status])) return true;
  return counts.not_sent > 0 && (await hasAnswers(store, ref));
}

async function hasAnswers(store: Store, ref: ChunkRef): Promise<boolean> {
  for await (const round of chunkRounds(store, ref)) {
    if (await store.head(keys.download(round, 0))) return true;
  }
  return false;
}
