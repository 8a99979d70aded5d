import { inOrder } from '../../src/async/in-order';
import { CostSum, unknownCost } from '../../src/cost/cost';
import type { FinishJobInput } from '../../src/job/activity-types';
import { ErrorCounts } from '../../src/job/error-counts';
import type { JobRef, JobSummary, StoredChunkSummary } from '../../src/job/job';
import { addLiveCounts, type LiveCounts } from '../../src/job/live';
import { addLost, type LostCounts } from '../../src/job/lost-answers';
import { addOdd, type OddCounts } from '../../src/job/odd-results';
import { addCounts, failedCount, noCounts } from '../../src/job/outcome';
import { attemptState } from '../../src/job/protocol/submission';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { wholeMessage } from '../../src/records/problems';
import { jobRounds } from '../../src/records/rounds';
import { findJson, putJson, readJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import { answerEqual } from '../dedupe/answer-equal';
import { abortable, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';

/** Adds up the chunks' summaries in the store and writes the job's. */
export function createFinishJob(deps: ActivityDeps) {
  return async function anthropicFinishJob(input: FinishJobInput): Promise<JobSummary> {
    return onJob(deps, input, (signal) => finishJob(deps, input, signal));
  };
}

/** Adds up the chunks' summaries in the store and writes the job's. */
export async function finishJob(
  { store, points }: ActivityDeps,
  input: FinishJobInput,
  signal: AbortSignal,
): Promise<JobSummary> {
  const { job, state, chunks, documents, failureType, again } = input;
  points?.reach('finish-job/adding');
  if (chunks > 0) await answerEqual(store, job, signal);
  points?.reach('finish-job/answered-equal');
  let counts = noCounts();
  let batches = 0;
  let rounds = 0;
  let unresolved = 0;
  let equal = 0;
  let reused = 0;
  let overBudget = 0;
  let odd: OddCounts | undefined;
  let lost: LostCounts = {};
  let singly: LiveCounts = {};
  const costs = new CostSum();
  const errors = new ErrorCounts();
  const orphaned: string[] = [];
  const failures: JobSummary['failures'] = [];
  const publicFailures: JobSummary['failures'] = [];
  const failed = (chunk: number, message: string, publicMessage = message) => {
    if (failures.length === MOST) return;
    failures.push({ chunk, message });
    publicFailures.push({ chunk, message: publicMessage });
  };
  for await (const { chunk, part } of abortable(chunkSummaries(store, job, chunks), signal)) {
    // Only a chunk whose results could not be closed has no summary. The job says so instead of inventing
    // counts.
    if (!part) {
      failed(chunk, 'The chunk has no summary in the store.');
      continue;
    }
    counts = addCounts(counts, part.counts);
    batches += part.batches.length;
    rounds = Math.max(rounds, part.rounds);
    unresolved += part.unresolved ?? 0;
    equal += part.equal ?? 0;
    reused += part.reused ?? 0;
    overBudget += part.overBudget ?? 0;
    odd = addOdd(odd, part.odd);
    lost = addLost(lost, part);
    singly = addLiveCounts(singly, part);
    costs.addCost(part.cost);
    errors.addAll(part.errors);
    orphaned.push(...(part.orphaned ?? []));
    if (part.failure !== undefined) failed(chunk, part.failure, part.publicFailure);
  }
  // A canceled job has no failure, however its workflow ended.
  const publicFailure = state === 'failed' ? input.failure : undefined;
  const failure = publicFailure && (await wholeMessage(store, { job }, publicFailure));
  const summary: JobSummary = {
    job,
    state,
    documents,
    succeeded: counts.succeeded,
    failed: failedCount(counts),
    counts,
    chunks,
    batches,
    rounds,
    orphaned: orphaned.length > 0 ? orphaned.slice(0, MOST) : undefined,
    unresolved: unresolved || undefined,
    equal: equal || undefined,
    reused: reused || undefined,
    overBudget: overBudget || undefined,
    odd,
    ...lost,
    ...singly,
    cost: costs.cost,
    endedAt: new Date().toISOString(),
    results: keys.allResults(job),
    failures,
    errors: errors.counts,
    failure,
    failureType: state === 'failed' ? failureType : undefined,
    ...(again ? await earlierEnd(store, job) : {}),
  };
  // A Reset may take a job back to before its plan, where it then ends. Its earlier requests must stay
  // visible: an existing summary stays, and without one the job shows as one to reconcile.
  const sent = chunks === 0 ? await sentRequests(store, job) : undefined;
  if (sent !== undefined) {
    return { ...summary, cost: unknownCost(sent), failures: publicFailures, failure: publicFailure };
  }
  await putJson(store, keys.summary(job), summary);
  points?.reach('finish-job/summary-written');
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
async function earlierEnd(
  store: Store,
  job: JobRef,
): Promise<Pick<JobSummary, 'failure' | 'failureType' | 'endedAt'>> {
  const { failure, failureType, endedAt } = await readJson<JobSummary>(store, keys.summary(job));
  return { failure, failureType, endedAt };
}

/**
 * The most failures and orphans in a summary, which is a workflow's result and must stay small. Each chunk's
 * own summary has its failure and its orphans.
 */
const MOST = 100;

/** Summaries read concurrently, because a remote store is slow for each. */
const AT_ONCE = 16;

/** Yields the summaries of a job's chunks, in order. */
async function* chunkSummaries(store: Store, job: JobRef, chunks: number) {
  yield* inOrder(Array(chunks).keys(), { atOnce: AT_ONCE }, async (chunk) => ({
    chunk,
    part: await findJson<StoredChunkSummary>(store, keys.chunkSummary(job, chunk)),
  }));
}
