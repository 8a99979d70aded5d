import { readFailure } from '../../src/anthropic/api-failure';
import { SentRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef, RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef, JobSummary, StoredChunkSummary } from '../../src/job/job';
import { boughtAttempt } from '../../src/job/protocol/submission';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { chunkRounds } from '../../src/records/rounds';
import { findJson } from '../../src/store/json';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { readSent } from '../runtime/requests';
import { assertReached } from '../runtime/same-workspace';
import { collectResults } from './collect-results';
import { finishChunk } from './finish-chunk';
import { finishJob } from './finish-job';
import { endedBatch } from './retrieve';

/**
 * Requests from the API once more the answers that an ended job bought and lost, before their requests are
 * paid for again. If any arrive, writes the job's results and summary again.
 *
 * @throws a retryable failure while it is unknown whether the API has them
 */
export async function recoverLost(deps: ActivityDeps, job: JobRef, signal: AbortSignal): Promise<void> {
  const { store } = deps;
  const summary = await findJson<JobSummary>(store, keys.summary(job));
  if (!summary?.lost) return;
  for (let chunk = 0; chunk < summary.chunks; chunk += 1) {
    const ended = await findJson<StoredChunkSummary>(store, keys.chunkSummary(job, chunk));
    if (ended?.lost && ended.joined) await recoverChunk(deps, { job, chunk }, ended, ended.joined, signal);
  }
  const { state, chunks, documents } = summary;
  await finishJob(deps, { job, state, chunks, documents, again: true }, signal);
}

async function recoverChunk(
  deps: ActivityDeps,
  ref: ChunkRef,
  ended: StoredChunkSummary,
  joined: NonNullable<StoredChunkSummary['joined']>,
  signal: AbortSignal,
): Promise<void> {
  for await (const round of chunkRounds(deps.store, ref)) await recoverRound(deps, round, signal);
  const publicFailure = ended.publicFailure ?? ended.failure;
  await finishChunk(deps, { ...ref, ...joined, failure: publicFailure }, signal);
}

/** Collects a round's lost results. They stay lost only if a reply of the API says so. */
async function recoverRound(deps: ActivityDeps, ref: RoundRef, signal: AbortSignal): Promise<void> {
  const { store } = deps;
  const bought = boughtAttempt(await new RoundLedger(store, ref).read());
  if (!bought?.intent) return;
  const { intent, outcome } = bought;
  const { batch } = outcome;
  const sent = await readSent(store, ref);
  const owed = () => new SentRows(intent.nonce, sent);
  const { job, chunk, round } = ref;
  const collecting = {
    of: { job, chunk, round },
    batch,
    owed,
    find: () => endedBatch(deps, batch),
    readable: true,
  };
  try {
    await collectResults(deps, collecting, signal);
  } catch (error) {
    if (!(await staysLost(deps, ref, batch, error))) throw error;
    // Partial results count.
    await collectResults(deps, { ...collecting, writtenOff: true }, signal);
  }
}

async function staysLost(
  { store, anthropic }: ActivityDeps,
  ref: ChunkRef,
  batch: string,
  error: unknown,
): Promise<boolean> {
  if (error instanceof StepError) {
    return error.type === FAILURE.resultsIncomplete || error.type === FAILURE.resultsGone;
  }
  if (readFailure(error).type !== FAILURE.notFound) return false;
  await assertReached(store, anthropic(), ref, batch);
  return true;
}
