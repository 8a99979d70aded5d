import type { ChunkSummary, JobRef, JobSummary } from '../src/job/job';
import { addCounts, failedCount, noCounts } from '../src/job/outcome';
import type { FinishJobInput } from '../src/job/steps';
import { findJson, putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';
import { abortable, onJob } from './context';
import type { ActivityDeps } from './deps';

/** Adds up the chunks' summaries in the store and writes the job's. */
export function createFinishJob(deps: ActivityDeps) {
  return async function anthropicFinishJob(input: FinishJobInput): Promise<JobSummary> {
    return onJob(deps, input.job, (signal) => finishJob(deps, input, signal));
  };
}

async function finishJob(
  { store, points }: ActivityDeps,
  { job, state, chunks, documents, failure, failureType }: FinishJobInput,
  signal: AbortSignal,
): Promise<JobSummary> {
  points?.reach('finish-job/adding');
  let counts = noCounts();
  let batches = 0;
  let rounds = 0;
  let unresolved = 0;
  const orphaned: string[] = [];
  const failures: JobSummary['failures'] = [];
  for await (const { chunk, part } of abortable(chunkSummaries(store, job, chunks), signal)) {
    // Only a chunk whose results could not be closed has none, and the job says so rather than inventing counts.
    if (!part) {
      failures.push({ chunk, message: 'The chunk has no summary in the store.' });
      continue;
    }
    counts = addCounts(counts, part.counts);
    batches += part.batches.length;
    rounds = Math.max(rounds, part.rounds);
    unresolved += part.unresolved ?? 0;
    orphaned.push(...(part.orphaned ?? []));
    if (part.failure !== undefined) failures.push({ chunk, message: part.failure });
  }
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
    results: keys.allResults(job),
    failures: failures.slice(0, MOST),
    failure,
    failureType,
  };
  await putJson(store, keys.summary(job), summary);
  points?.reach('finish-job/summary-written');
  return summary;
}

/** The summary is a workflow's result, and must stay small; each chunk's own summary has its failure and its orphans. */
const MOST = 100;

/** Summaries that are read at a time: a store in a network takes its time for each. */
const AT_ONCE = 16;

/** The summaries of a job's chunks, in order. */
async function* chunkSummaries(store: Store, job: JobRef, chunks: number) {
  for (let first = 0; first < chunks; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, chunks - first) }, async (_, index) => {
      const chunk = first + index;
      return { chunk, part: await findJson<ChunkSummary>(store, keys.chunkSummary(job, chunk)) };
    });
    yield* await Promise.all(some);
  }
}
