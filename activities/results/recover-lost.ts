import { readFailure } from '../../src/anthropic/api-failure';
import { SentRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef, RecoverLostInput, RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { JobRef, StoredChunkSummary } from '../../src/job/job';
import { boughtAttempt } from '../../src/job/protocol/submission';
import { findChunkSummary, findSummary } from '../../src/records/chunk-results';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { chunkRounds } from '../../src/records/rounds';
import { putIfAbsent } from '../../src/store/optional';
import { type KnownOrphan, knownOrphans } from '../orphans/orphan-answers';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { readSent } from '../runtime/requests';
import { assertReached } from '../runtime/same-workspace';
import { collectResults } from './collect-results';
import { collectRound } from './collect-round';
import { endedBatch } from './ended-batch';
import { finishChunk } from './finish-chunk';
import { finishJob } from './finish-job';

/**
 * Collects what the job that a job retries bought and lost, once: all of the plan is then made from the same
 * results, also if it is interrupted.
 */
export function createRecoverLost(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicRecoverLost({ job }: RecoverLostInput): Promise<void> {
    return onJob(deps, { job }, (signal) => heavy(() => recoverOnce(deps, job, signal), signal));
  };
}

async function recoverOnce(deps: ActivityDeps, job: JobRef, signal: AbortSignal): Promise<void> {
  const { store } = deps;
  const { source } = await jobSpec(store, job);
  const key = keys.recovered(job);
  if (source.kind !== 'retry' || (await store.head(key))) return;
  await recoverLost(deps, { ...source.of, store: job.store }, signal);
  await putIfAbsent(store, key, '{}\n');
}

/**
 * Collects what an ended job bought and lost, before its requests are paid for again: requests lost answers
 * and those of orphans from the API once more, and joins those chunks again. If any arrived, writes the job's
 * summary again.
 *
 * @throws a retryable failure while it is unknown whether the API has them
 */
async function recoverLost(deps: ActivityDeps, job: JobRef, signal: AbortSignal): Promise<void> {
  const { store } = deps;
  const summary = await findSummary(store, job);
  if (!summary) return;
  let isJoined = false;
  for (let chunk = 0; chunk < summary.chunks; chunk += 1) {
    const ended = await findChunkSummary(store, { job, chunk });
    if (ended && (await recoverChunk(deps, { job, chunk }, ended, signal))) isJoined = true;
  }
  // A process may have died between the chunks and the job's summary.
  if (!isJoined && !summary.lost && !summary.orphaned) return;
  const { state, chunks, documents } = summary;
  await finishJob(deps, { job, state, chunks, documents, again: true }, signal);
}

/** @returns whether the chunk's results were joined again */
async function recoverChunk(
  deps: ActivityDeps,
  ref: ChunkRef,
  ended: StoredChunkSummary,
  signal: AbortSignal,
): Promise<boolean> {
  const { joined, lost, orphaned } = ended;
  if (!joined || (!lost && !orphaned)) return false;
  // The chunk is joined again also if nothing arrives now: an earlier try may have died before it did so.
  if (orphaned) await recoverOrphans(deps, ref, signal);
  if (lost) for await (const round of chunkRounds(deps.store, ref)) await recoverRound(deps, round, signal);
  const publicFailure = ended.publicFailure ?? ended.failure;
  await finishChunk(deps, { ...ref, ...joined, failure: publicFailure }, signal);
  return true;
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
  const collecting = { batch, owed, readable: true };
  try {
    await collectRound(deps, ref, collecting, signal);
  } catch (error) {
    if (!(await staysLost(deps, ref, batch, error))) throw error;
    // Partial results count.
    await collectRound(deps, ref, { ...collecting, writtenOff: true }, signal);
  }
}

/** Collects the results of orphans that the chunk left alone. */
async function recoverOrphans(deps: ActivityDeps, ref: ChunkRef, signal: AbortSignal): Promise<void> {
  for await (const orphan of knownOrphans(deps.store, ref)) {
    if (orphan.numbers.length === 0) await recoverOrphan(deps, ref, orphan, signal);
  }
}

async function recoverOrphan(
  deps: ActivityDeps,
  { job, chunk }: ChunkRef,
  { batch, round, sent }: KnownOrphan,
  signal: AbortSignal,
): Promise<void> {
  const of = { job, chunk, round, orphan: batch };
  const collecting = { of, batch, owed: sent, find: () => endedBatch(deps, batch) };
  try {
    await collectResults(deps, collecting, signal);
  } catch (error) {
    if (!(await staysLost(deps, of, batch, error))) throw error;
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
