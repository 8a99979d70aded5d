import { SentRows } from '../../src/anthropic/owed-rows';
import type { Collected, CollectOrphansInput } from '../../src/job/activity-types';
import { listOrphans } from '../../src/records/orphans';
import { StoreError } from '../../src/store/store';
import { type FoundOrphan, findOrphans } from '../orphans/orphans';
import type { Limit } from '../runtime/concurrency-limit';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { reasonOf } from '../runtime/report-failure';
import { readSent } from '../runtime/requests';
import { collectResults } from './collect-results';

/**
 * Collects the results of batches that appeared after their attempts were presumed lost: finds them, cancels
 * running ones, and keeps the results of those that have ended. They are paid for.
 */
export function createCollectOrphans(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicCollectOrphans(input: CollectOrphansInput): Promise<Collected> {
    return onJob(deps, input, (signal) => heavy(() => collect(deps, input, signal), signal));
  };
}

async function collect(
  deps: ActivityDeps,
  input: CollectOrphansInput,
  signal: AbortSignal,
): Promise<Collected> {
  const { store } = deps;
  const found = await findOrphans(deps, deps.anthropic(), input, input.times);
  deps.points?.reach('collect-orphans/found');
  const collected: Collected = { orphaned: [], running: [], unread: [] };
  for (const orphan of found) {
    const { id, status } = orphan.batch;
    if (status !== 'ended') {
      collected.running.push(id);
      continue;
    }
    try {
      await keep(deps, input, orphan, signal);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      // An orphan's answers are optional, so the wait for them is limited.
      collected.unread.push(id);
      collected.reason = await reasonOf(deps, input, error);
    }
  }
  const known = await listOrphans(store, input.job, input.chunk);
  return { ...collected, orphaned: known.map(({ batch }) => batch) };
}

async function keep(
  deps: ActivityDeps,
  { job, chunk }: CollectOrphansInput,
  { batch, given }: FoundOrphan,
  signal: AbortSignal,
): Promise<void> {
  const of = { job, chunk, round: given.round, orphan: batch.id };
  const sent = await readSent(deps.store, of);
  const owed = () => new SentRows(given.intent.nonce, sent);
  await collectResults(
    { ...deps, points: undefined },
    { of, batch: batch.id, owed, find: async () => batch },
    signal,
  );
  deps.points?.reach('collect-orphans/results-written');
}
