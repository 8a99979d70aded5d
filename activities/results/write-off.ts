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
import { readNewest } from '../../src/records/versions';
import { createOnce, putJson } from '../../src/store/json';
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

/** Whether the results of a round are lost, and whether its requests are paid for again then. */
type Decision = { there: true } | (LostResults & { there?: undefined; resend: boolean });

/**
 * Writes off lost results of a round: records why, so that each document's outcome can say it. If no results
 * arrived and the job pays again, selects the requests for the next round.
 */
export function createWriteOff(deps: ActivityDeps) {
  return async function anthropicWriteOff(input: WriteOffInput): Promise<WrittenOff> {
    const { job, chunk, round, resend } = input;
    return onJob(deps, input, async (signal) => {
      const { store } = deps;
      const downloads = new Downloads(store, { job, chunk, round });
      // As after a Reset: results in the store are not lost because the API no longer has them.
      if ((await downloads.judged())?.complete) return { outstanding: 0, home: true };
      const decision = await decide(deps, input, signal);
      if (decision.there) return { outstanding: 0, there: true };
      const { batch, reason } = decision;
      const resends = resend && decision.resend;
      await putJson(store, keys.lost(job, chunk, round), { batch, reason } satisfies LostResults);
      if ((await downloads.kept()).length > 0) return { outstanding: 0, home: true };
      return { outstanding: resends ? await selectNext(store, input, await toResend(store, input)) : 0 };
    });
  };
}

/**
 * Asks the API once more whether the results are lost, and decides. Of concurrent processes one decides: one
 * that was frozen after it had found the results gone must not overrule a later one that found them.
 */
async function decide(deps: ActivityDeps, input: WriteOffInput, signal: AbortSignal): Promise<Decision> {
  const { store } = deps;
  const { job, chunk, round, reason, resend, incomplete } = input;
  const key = (number: number) => keys.writeOff(job, chunk, round, number);
  const { value: before, next } = await readNewest<Decision>(store, key);
  // What is paid for again stays lost, also if the API has the results again: a process may have selected it.
  if (before && !before.there && before.resend) return before;
  // The ledger may have been corrected since the workflow read it.
  const bought = boughtAttempt(await new RoundLedger(store, input).read());
  const batch = bought?.outcome.batch ?? input.batch;
  const api = deps.anthropic();
  await assertReached(store, api, input, batch);
  const isFound = !incomplete && (await isThere(api, batch, signal));
  const decision: Decision = isFound
    ? { there: true }
    : { batch, reason: { ...reason, message: await wholeMessage(store, input, reason.message) }, resend };
  return (await createOnce<Decision>(store, key(next), decision)).value;
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
