import { addCosts, unknownCost } from '../../src/cost/cost';
import { type ChunkState, nextPollOf, stateWith } from '../../src/job/chunk-state';
import type { ChunkPlan, ChunkSummary, JobProgress, JobRef, JobSettings, JobState } from '../../src/job/job';
import { addLiveCounts } from '../../src/job/live';
import { failedCount } from '../../src/job/outcome';
import { addTotals, noTotals, type SegmentNews, type Totals } from '../../src/job/segments';

/**
 * What the workflow of a document set, or of a segment of one, knows: counts and small scalars, whatever its size.
 *
 * What signals bring (`took`, `tookNews`) is for display alone: `progress`, on which commands depend, leaves it out.
 */
export class SetState {
  state: JobState = 'planning';
  /** What the job may cost, in USD; absent where it has no budget of its own. */
  maxUsd: string | undefined;
  /** What the set itself waits for, before it has any chunk. */
  waiting: string | undefined;
  readonly plans: ChunkPlan[] = [];
  /** Chunks on their way, with what they last told. */
  readonly running = new Map<number, ChunkState>();
  /** Signals that could not be read. */
  malformed = 0;
  #documents = 0;
  readonly #own: Totals = noTotals();
  readonly #segments = new Map<number, Totals>();
  readonly #news = new Map<number, Totals>();

  constructor(readonly job: JobRef) {}

  get documents(): number {
    return this.#documents;
  }

  /** Of the chunks that have ended, and of the segments. */
  get totals(): Totals {
    const own = { ...this.#own, chunksRunning: this.running.size };
    return [...this.#segments.values()].reduce(addTotals, own);
  }

  planned(plans: readonly ChunkPlan[]): void {
    for (const plan of plans) {
      this.plans.push(plan);
      this.#documents += plan.documents;
    }
  }

  /** So many requests of a chunk are not sent: earlier ones, equal to them, are. */
  leaveOut(chunk: number, requests: number): void {
    const plan = this.plans[chunk]!;
    this.plans[chunk] = { ...plan, requests: plan.requests - requests };
  }

  took(news: ChunkState): void {
    if (this.running.has(news.chunk)) this.running.set(news.chunk, news);
  }

  tookNews({ segment, totals }: SegmentNews): void {
    // Signals may overtake each other; totals only grow.
    const known = this.#news.get(segment);
    if (!known || known.chunksDone <= totals.chunksDone) this.#news.set(segment, totals);
  }

  ended(summary: ChunkSummary): void {
    const own = this.#own;
    own.chunksDone += 1;
    own.done += summary.documents;
    own.succeeded += summary.counts.succeeded;
    own.failed += failedCount(summary.counts);
    own.batches += summary.batches.length;
    own.rounds = Math.max(own.rounds, summary.rounds);
    Object.assign(own, addLiveCounts(own, summary));
    const cost = summary.cost ?? unknownCost(summary.counts.succeeded);
    own.cost = own.cost ? addCosts(own.cost, cost) : cost;
  }

  segmentEnded(segment: number, totals: Totals): void {
    this.#segments.set(segment, totals);
    this.#news.delete(segment);
  }

  progress(): JobProgress {
    return this.#progressOf(this.totals);
  }

  /** What a person sees: with what running chunks and segments last told. */
  shown(now: number, settings?: JobSettings): JobProgress {
    const chunks = [...this.running.values()];
    const totals = [...this.#news.values()].reduce(addTotals, this.totals);
    const progress = this.#progressOf(totals);
    const polls = settings
      ? chunks.map((state) => nextPollOf(state, now, settings)).filter((at) => at !== undefined)
      : [];
    return {
      ...progress,
      state: stateWith(this.state, chunks),
      batches: progress.batches + chunks.reduce((sum, { batches }) => sum + batches, 0),
      nextPoll: polls.length > 0 ? new Date(Math.min(...polls)).toISOString() : undefined,
      waiting: progress.waiting ?? chunks.find(({ reason }) => reason !== undefined)?.reason,
    };
  }

  #progressOf(totals: Totals): JobProgress {
    return {
      job: this.job,
      state: this.state,
      documents: this.#documents,
      done: totals.done,
      succeeded: totals.succeeded,
      failed: totals.failed,
      chunks: { planned: this.plans.length, running: totals.chunksRunning, done: totals.chunksDone },
      batches: totals.batches,
      rounds: totals.rounds,
      live: totals.live,
      maybePaidTwice: totals.maybePaidTwice,
      cost: totals.cost,
      maxUsd: this.maxUsd,
      waiting: this.waiting,
    };
  }
}
