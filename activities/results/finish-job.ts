import { inOrder } from '../../src/async/in-order';
import { unknownCost } from '../../src/cost/cost';
import type { FinishJobInput } from '../../src/job/activity-types';
import type { JobRef, JobSummary } from '../../src/job/job';
import { attemptState } from '../../src/job/protocol/submission';
import {
  addSummary,
  findChunkSummary,
  newestSummary,
  removeOldResults,
} from '../../src/records/chunk-results';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { wholeMessage } from '../../src/records/problems';
import { jobRounds } from '../../src/records/rounds';
import type { Store } from '../../src/store/store';
import { answerEqual, hasAwaiting } from '../dedupe/answer-equal';
import { abortable, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { JobTotals } from './job-totals';

/** Adds up the chunks' summaries in the store and writes the job's. */
export function createFinishJob(deps: ActivityDeps) {
  return async function anthropicFinishJob(input: FinishJobInput): Promise<JobSummary> {
    return onJob(deps, input, (signal) => finishJob(deps, input, signal));
  };
}

/** Adds up the chunks' summaries in the store and writes the job's. */
export async function finishJob(
  deps: Pick<ActivityDeps, 'store' | 'points'>,
  input: FinishJobInput,
  signal: AbortSignal,
): Promise<JobSummary> {
  const { store, points } = deps;
  const { job, state, chunks, documents, failureType, again } = input;
  points?.reach('finish-job/adding');
  // Read before the chunks: a summary that another process adds meanwhile may have newer sums.
  const { value: earlier, next } = await newestSummary(store, job);
  if (chunks > 0) await answerEqual(store, job, signal);
  points?.reach('finish-job/answered-equal');
  const totals = new JobTotals();
  for await (const { chunk, part } of abortable(chunkSummaries(store, job, chunks), signal)) {
    // Only a chunk whose results could not be closed has no summary. The job says so instead of inventing
    // counts.
    if (part) totals.add(part);
    else totals.addFailure(chunk, 'The chunk has no summary in the store.');
  }
  const { failures, publicFailures } = totals;
  // A canceled job has no failure, however its workflow ended.
  const publicFailure = state === 'failed' ? input.failure : undefined;
  const failure = publicFailure && (await wholeMessage(store, { job }, publicFailure));
  const summary: JobSummary = {
    job,
    state,
    documents,
    chunks,
    ...totals.sums,
    endedAt: new Date().toISOString(),
    results: chunks > 0 ? keys.allResults(job) : undefined,
    failures,
    failure,
    failureType: state === 'failed' ? failureType : undefined,
    ...(again && earlier ? endOf(earlier) : {}),
  };
  // A Reset may take a job back to before its plan, where it then ends. Its earlier requests must stay
  // visible: an existing summary stays, and without one the job shows as one to reconcile.
  const sent = chunks === 0 ? await sentRequests(store, job) : undefined;
  if (sent !== undefined) {
    return { ...summary, cost: unknownCost(sent), failures: publicFailures, failure: publicFailure };
  }
  await addSummary(store, next, summary);
  points?.reach('finish-job/summary-written');
  // A chunk that was joined again since its equal documents were answered did not see the summary yet.
  if (await hasAwaiting(store, job)) return finishJob(deps, input, signal);
  await removeOldResults(store, job);
  return { ...summary, errors: undefined, failures: publicFailures, failure: publicFailure };
}

/**
 * Returns how many requests of the job may have been sent, or `undefined` if no attempt began. A chunk that
 * was only closed has a round too.
 */
async function sentRequests(store: Store, job: JobRef): Promise<number | undefined> {
  let sent: number | undefined;
  for await (const round of jobRounds(store, job)) {
    for (const attempt of await new RoundLedger(store, round).read()) {
      if (!attempt.intent) continue;
      sent = (sent ?? 0) + (attemptState(attempt) === 'notSent' ? 0 : attempt.intent.count);
    }
  }
  return sent;
}

/** Returns when and why a job ended that is now checked again. */
const endOf = ({ failure, failureType, endedAt }: JobSummary) => ({ failure, failureType, endedAt });

/** Summaries read concurrently, because a remote store is slow for each. */
const AT_ONCE = 16;

/** Yields the summaries of a job's chunks, in order. */
async function* chunkSummaries(store: Store, job: JobRef, chunks: number) {
  yield* inOrder(Array(chunks).keys(), { atOnce: AT_ONCE }, async (chunk) => ({
    chunk,
    part: await findChunkSummary(store, { job, chunk }),
  }));
}
