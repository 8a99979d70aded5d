import { addCosts, unknownCost } from '../src/cost/cost';
import { type ChunkState, isOverBudget } from '../src/job/chunk-state';
import { chunkNextPoll } from '../src/job/details';
import type { ChunkPlan, ChunkSummary, JobProgress, JobRef, JobSettings, JobState } from '../src/job/job';
import { addOneByOne } from '../src/job/one-by-one';
import { failedCount } from '../src/job/outcome';
import { addTotals, noTotals, type Totals } from '../src/job/segments';

/** What the workflow of a document set, or of a segment of one, knows: counts and small scalars, whatever its size. */
export class SetState {
  state: JobState = 'planning';
  paused = false;
  /** What the job may cost, in USD; absent where it has no budget of its own. */
  maxUsd: string | undefined;
  /** What the set itself waits for, before it has any chunk. */
  waiting: string | undefined;
  readonly plans: ChunkPlan[] = [];
  /** Chunks whose workflow is a running child of this one. */
  readonly running = new Map<number, ChunkState>();
  /** The last news of each segment. */
  readonly segments = new Map<number, Totals>();
  #documents = 0;
  readonly #own = noTotals();
  /** Batches of the running chunks that were told of: a chunk that was started anew after a Reset tells of its own again. */
  readonly #batchesOf = new Map<number, Set<string>>();

  constructor(readonly job: JobRef) {}

  get shownState(): JobState {
    return this.paused && this.state === 'running' ? 'paused' : this.state;
  }

  /** The first chunk that waits for room in a budget: another one would wait, too. */
  get overBudget(): number | undefined {
    return [...this.running.values()].find(isOverBudget)?.chunk;
  }

  get documents(): number {
    return this.#documents;
  }

  get totals(): Totals {
    const own = { ...this.#own, chunksRunning: this.running.size };
    return [...this.segments.values()].reduce(addTotals, own);
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
    const known = this.running.get(news.chunk);
    if (!known) return;
    if (news.batch !== undefined) this.#bought(news.chunk, news.batch);
    this.running.set(news.chunk, news);
  }

  ended(summary: ChunkSummary): void {
    const own = this.#own;
    own.chunksDone += 1;
    own.done += summary.documents;
    own.succeeded += summary.counts.succeeded;
    own.failed += failedCount(summary.counts);
    // News of a batch may have been missed; the chunk's own summary counts them all.
    own.batches += summary.batches.length - (this.#batchesOf.get(summary.chunk)?.size ?? 0);
    this.#batchesOf.delete(summary.chunk);
    own.rounds = Math.max(own.rounds, summary.rounds);
    Object.assign(own, addOneByOne(own, summary));
    const cost = summary.cost ?? unknownCost(summary.counts.succeeded);
    own.cost = own.cost ? addCosts(own.cost, cost) : cost;
  }

  #bought(chunk: number, batch: string): void {
    const known = this.#batchesOf.get(chunk) ?? new Set();
    if (known.has(batch)) return;
    this.#batchesOf.set(chunk, known.add(batch));
    this.#own.batches += 1;
  }

  progress(now: number, settings?: JobSettings): JobProgress {
    const { totals } = this;
    const chunks = [...this.running.values()];
    const polls = settings
      ? chunks.map((state) => chunkNextPoll(state, now, settings)).filter((at) => at !== undefined)
      : [];
    return {
      job: this.job,
      state: this.shownState,
      documents: this.#documents,
      done: totals.done,
      succeeded: totals.succeeded,
      failed: totals.failed,
      chunks: { planned: this.plans.length, running: totals.chunksRunning, done: totals.chunksDone },
      batches: totals.batches,
      rounds: totals.rounds,
      oneByOne: totals.oneByOne,
      maybePaidTwice: totals.maybePaidTwice,
      cost: totals.cost,
      maxUsd: this.maxUsd,
      nextPoll: polls.length > 0 ? new Date(Math.min(...polls)).toISOString() : undefined,
      waiting: this.waiting ?? chunks.find(({ reason }) => reason !== undefined)?.reason,
    };
  }
}
