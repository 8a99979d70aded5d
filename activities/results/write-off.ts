import type { BatchesApi } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import type { RoundRef, WriteOffInput, WrittenOff } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { boughtAttempt } from '../../src/job/protocol/submission';
import type { Failed } from '../../src/job/reason';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { wholeMessage } from '../../src/records/problems';
import { putJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import { answeredByOrphans } from '../orphans/orphan-answers';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { readSent, selectNext } from '../runtime/requests';
import { assertReached } from '../runtime/same-workspace';

/** Why the results of a round are lost, as the store keeps it. */
export interface LostResults {
  batch: string;
  reason: Failed;
}

/**
 * Writes off lost results of a round: records why, so that each document's outcome can say it. If no results
 * arrived and the job pays again, selects the requests for the next round.
 */
export function createWriteOff(deps: ActivityDeps) {
  return async function anthropicWriteOff(input: WriteOffInput): Promise<WrittenOff> {
    const { job, chunk, round, reason, resend, incomplete } = input;
    return onJob(deps, input, async (signal) => {
      const { store } = deps;
      const downloads = new Downloads(store, { job, chunk, round });
      // The ledger may have been corrected since the workflow read it.
      const bought = boughtAttempt(await new RoundLedger(store, input).read());
      const batch = bought?.outcome.batch ?? input.batch;
      const decided = await decidedBefore(store, input, downloads);
      if (decided) return decided;
      const api = deps.anthropic();
      await assertReached(store, api, input, batch);
      if (!incomplete && (await isThere(api, batch, signal))) return { outstanding: 0, there: true };
      const lost: LostResults = {
        batch,
        reason: { ...reason, message: await wholeMessage(store, input, reason.message) },
      };
      await putJson(store, keys.lost(job, chunk, round), lost);
      if ((await downloads.kept()).length > 0) return { outstanding: 0, home: true };
      return { outstanding: resend ? await selectNext(store, input, await toResend(store, input)) : 0 };
    });
  };
}

/** Returns how the round stands if an earlier process decided it. */
async function decidedBefore(
  store: Store,
  { job, chunk, round, resend }: WriteOffInput,
  downloads: Downloads,
): Promise<WrittenOff | undefined> {
  // As after a Reset: results in the store are not lost because the API no longer has them.
  if ((await downloads.judged())?.complete) return { outstanding: 0, home: true };
  // A process that selected what is resent may have died then. Its selection stands, also if the API has the
  // results again.
  const next = { job, chunk, round: round + 1 };
  if (!resend || (await downloads.kept()).length > 0) return undefined;
  if (!(await store.head(keys.selection(job, chunk, next.round)))) return undefined;
  return { outstanding: (await readSent(store, next)).length };
}

/**
 * Returns whether the API has the results after all: they came back, or the workers had a key of another
 * workspace for a while.
 */
async function isThere(api: BatchesApi, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    const batch = await api.retrieve(id);
    if (batch.status !== 'ended') return true;
    if (batch.archivedAt !== null) return false;
    for await (const _ of await api.results(batch, signal)) break;
    return true;
  } catch (error) {
    if (readFailure(error).type === FAILURE.notFound) return false;
    throw error;
  }
}

/**
 * Returns the requests of the round without those that an orphan answered: those answers are paid for and
 * stored.
 */
async function toResend(store: Store, round: RoundRef): Promise<number[]> {
  const answered = await answeredByOrphans(store, round);
  return (await readSent(store, round)).filter((ordinal) => !answered.has(ordinal));
}
