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
 * Returns the round that was open when the chunk was cut short: a round that was or may have been bought,
 * whose results are neither in the store nor recorded as lost. Also returns whether batches that were
 * presumed lost may still appear. Reads the ledger, because a terminated workflow reports nothing.
 *
 * If no round is open, the next attempt is overtaken. An activity of a terminated workflow runs on until a
 * heartbeat tells it to stop, and results of a batch that it buys now would never be collected. An activity
 * that has not yet read the ledger finds the chunk closed.
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
