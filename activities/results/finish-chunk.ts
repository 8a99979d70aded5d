import { activityInfo } from '@temporalio/activity';
import { effectivePrices } from '../../src/cost/prices/price-list';
import type { ChunkRef, FinishChunkInput } from '../../src/job/activity-types';
import type { ChunkSummary, StoredChunkSummary } from '../../src/job/job';
import { addLost, type LostCounts } from '../../src/job/lost-answers';
import { addOdd } from '../../src/job/odd-results';
import { OVER_BUDGET } from '../../src/job/outcome';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { addChunkSummary, newestChunkSummary, writeResults } from '../../src/records/chunk-results';
import { keys } from '../../src/records/keys';
import { wholeMessage } from '../../src/records/problems';
import { cameHomeSince } from '../../src/records/rounds';
import { type ScratchDir, withScratchDir } from '../../src/scratch/scratch-dir';
import { settleChunk } from '../budget/budget';
import { ChunkMeter } from '../budget/chunk-meter';
import { retryQuote } from '../budget/retry-quote';
import { answerLateChunk } from '../dedupe/answer-equal';
import { readEqual } from '../dedupe/equal-documents';
import { readReused } from '../dedupe/reused-answers';
import type { Limit } from '../runtime/concurrency-limit';
import { abortable, jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { countChunk } from './count-chunk';
import { originOf } from './origin';
import { ResultsWriter } from './results-writer';

/**
 * Joins the rounds of a chunk into its results: one line per document with its outcome, in input order. Reads
 * only the store, so it can also end a chunk whose workflow is gone.
 */
export function createFinishChunk(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicFinishChunk(input: FinishChunkInput): Promise<ChunkSummary> {
    return onJob(deps, input, async (signal) => {
      const ended = input.keep ? await endedChunk(deps, input) : undefined;
      return ended ?? heavy(() => finishChunk(deps, input, signal), signal);
    });
  };
}

async function endedChunk(deps: ActivityDeps, { job, chunk }: ChunkRef): Promise<ChunkSummary | undefined> {
  const { store } = deps;
  const { value: ended, next } = await newestChunkSummary(store, { job, chunk });
  const entry = ended && (await store.head(keys.chunkSummary(job, chunk, next - 1)));
  // After a Reset, a joined chunk may have gone on.
  if (!entry || (await cameHomeSince(store, { job, chunk }, entry.modified))) return undefined;
  // The process that wrote the summary may have died before it settled the chunk.
  await settleChunk(deps, { job, chunk }, ended.cost, {
    asked: activityInfo().scheduledTimestampMs,
    live: (ended.live ?? 0) > 0,
  });
  const { publicFailure, results, costs, joined, errors, ...summary } = ended;
  return { ...summary, failure: publicFailure };
}

/** Joins the rounds of a chunk into its results, and writes its summary. */
export function finishChunk(
  deps: ActivityDeps,
  input: FinishChunkInput,
  signal: AbortSignal,
): Promise<ChunkSummary> {
  return withScratchDir((scratch) => joinRounds(deps, input, scratch, signal));
}

async function joinRounds(
  deps: ActivityDeps,
  input: FinishChunkInput,
  scratch: ScratchDir,
  signal: AbortSignal,
): Promise<ChunkSummary> {
  const { store, points } = deps;
  const { job, chunk, failure: publicFailure } = input;
  // Read before the rounds: a summary that another process adds meanwhile may be newer than they are.
  const { value: earlier, next } = await newestChunkSummary(store, input);
  // Files for the job's owner contain the full messages, of which Temporal has only the public part.
  const failure = publicFailure && (await wholeMessage(store, input, publicFailure));
  const isFailure = failure !== undefined && input.unsent.message === publicFailure;
  const unsent = isFailure ? { ...input.unsent, message: failure } : input.unsent;
  const spec = await jobSpec(store, job);
  const origin = originOf(spec);
  const meter = new ChunkMeter(effectivePrices(spec.prices));
  const rows = await origin.join(input, { store, scratch, meter, signal });
  const reused = await readReused(store, input, scratch, signal);
  points?.reach('finish-chunk/joining');
  const canceled = input.canceled && origin.cancels;
  const equal = await readEqual(store, input);
  const writer = new ResultsWriter(rows, { chunk, unsent, canceled }, { equal, reused });
  const lines = writer.write(await rows.documents());
  const results = await writeResults(store, input, next, abortable(lines, signal));
  points?.reach('finish-chunk/results-written');
  const summary: ChunkSummary = {
    chunk,
    documents: writer.documents,
    counts: writer.counts,
    batches: rows.batches,
    rounds: rows.rounds,
    orphaned: rows.orphans.length > 0 ? rows.orphans : undefined,
    unresolved: writer.unresolved || undefined,
    equal: equal.size || undefined,
    awaiting: writer.awaiting || undefined,
    reused: writer.reused || undefined,
    overBudget: (unsent.type === OVER_BUDGET && writer.neverSent) || undefined,
    live: rows.live || undefined,
    maybePaidTwice: rows.maybePaidTwice || undefined,
    odd: addOdd(...rows.results.map(({ found }) => found.odd)),
    ...(await lostOf(store, input, writer, spec)),
    cost: meter.cost,
    failure,
  };
  const joined = { unsent, canceled: input.canceled };
  const stored: StoredChunkSummary = {
    ...summary,
    results,
    costs: meter.costs,
    publicFailure,
    joined,
    errors: writer.errors.counts,
  };
  await addChunkSummary(store, input, next, stored);
  countChunk(stored, earlier);
  points?.reach('finish-chunk/summary-written');
  await settleChunk(deps, input, meter.cost, {
    asked: activityInfo().scheduledTimestampMs,
    live: rows.live > 0,
  });
  points?.reach('finish-chunk/settled');
  if (writer.awaiting > 0) await answerLateChunk(store, input, signal);
  return { ...summary, failure: publicFailure };
}

/**
 * Returns the lost answers, and what it costs to buy them again. The cost is unknown for requests that
 * another tool made.
 */
async function lostOf(
  store: ActivityDeps['store'],
  ref: ChunkRef,
  { lost, lostRequests }: ResultsWriter,
  { source, prices }: NormalizedSpec,
): Promise<LostCounts> {
  if (lost === 0) return {};
  const isOurs = source.kind !== 'adopt';
  const retryUsd = isOurs ? await retryQuote(store, ref, lostRequests, effectivePrices(prices)) : undefined;
  return addLost({ lost, retryUsd }, {});
}
