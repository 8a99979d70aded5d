import { activityInfo } from '@temporalio/activity';
import type { ChunkRef, OpenRound } from '../../src/job/activity-types';
import { decideRound } from '../../src/job/protocol/submission';
import { fenceChunk } from '../../src/records/chunk-fence';
import { keys } from '../../src/records/keys';
import { presumedLostAttempts, RoundLedger } from '../../src/records/ledger';
import { chunkRounds } from '../../src/records/rounds';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';

/**
 * The round that a chunk was in when it was cut short: what the ledger says was bought, or may have been, and whose results
 * are neither in the store nor given up; and whether batches may show that were given up. Asked of the ledger, because a workflow that was terminated
 * tells nothing.
 *
 * Where nothing is open, the attempt that would be next is overtaken: an activity of a terminated workflow runs on until a
 * heartbeat tells it, and what it bought now nobody would ever fetch. One that has not even read the ledger by then finds the chunk
 * closed.
 */
export function createOpenRound(deps: ActivityDeps) {
  return async function anthropicOpenRound(ref: ChunkRef): Promise<OpenRound | null> {
    return onJob(deps, ref, async () => {
      await fenceChunk(deps.store, ref, activityInfo().scheduledTimestampMs);
      deps.points?.reach('open-round/closed');
      const open = await openRound(deps, ref);
      const watched = (await presumedLostAttempts(deps.store, ref)).length > 0;
      return watched ? { ...open, watch: true } : open;
    });
  };
}

async function openRound({ store, points }: ActivityDeps, ref: ChunkRef): Promise<OpenRound | null> {
  let round = 0;
  for await (const begun of chunkRounds(store, ref)) round = begun.round;
  if (await store.head(keys.judged({ ...ref, round }))) return null;
  if (await store.head(keys.lost(ref.job, ref.chunk, round))) return null;
  const ledger = new RoundLedger(store, { ...ref, round });
  for (;;) {
    const decision = decideRound(await ledger.read());
    if (decision.kind === 'bought') return { round, batch: decision.batch };
    if (decision.kind === 'live') return { round, live: true };
    if (decision.kind === 'mustReconcile') return { round };
    const { value } = await ledger.decide(decision.attempt, 'overtaken');
    points?.reach('open-round/overtaken');
    if (value.decision === 'overtaken') return null;
  }
}
