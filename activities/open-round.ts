import type { ChunkRef, OpenRound } from '../src/job/steps';
import { decideRound } from '../src/job/submission';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import { assertStore, heartbeating } from './context';
import type { ActivityDeps } from './deps';

/**
 * The round that a chunk was in when it was cut short: what the ledger says was bought, or may have been, and whose results
 * are not in the store. Asked of the ledger, because a workflow that was terminated tells nothing.
 */
export function createOpenRound(deps: ActivityDeps) {
  return async function anthropicOpenRound(ref: ChunkRef): Promise<OpenRound | null> {
    await assertStore(deps, ref.job);
    return heartbeating(async () => {
      const rounds: number[] = [];
      for await (const name of deps.store.folders(keys.rounds(ref.job, ref.chunk))) rounds.push(Number(name));
      for (const round of rounds.reverse()) {
        const attempts = await new RoundLedger(deps.store, { ...ref, round }).read();
        // A folder without attempts holds only the selection of a round that was never begun.
        if (attempts.length === 0) continue;
        if (await deps.store.head(keys.rawResults(ref.job, ref.chunk, round))) return null;
        const decision = decideRound(attempts);
        if (decision.kind === 'bought') return { round, batch: decision.batch };
        return decision.kind === 'reconcile' ? { round } : null;
      }
      return null;
    });
  };
}
