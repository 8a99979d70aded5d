import { addCosts, unknownCost } from '../../src/cost/cost';
import { type ChunkState, nextPollOf, stateWith } from '../../src/job/chunk-state';
import type {
  ChunkPlan,
  ChunkSummary,
  JobRef,
  JobSettings,
  JobState,
  ReportedProgress,
} from '../../src/job/job';
import { addLiveCounts } from '../../src/job/live';
import { failedCount } from '../../src/job/outcome';
import type { WaitReason } from '../../src/job/reason';
import { addTotals, noTotals, type SegmentNews, type Totals } from '../../src/job/segments';

/**
 * The state of a document set's or a segment's workflow: counts and small scalars, for a set of any size.
 *
 * The content of signals (`took`, `tookNews`) is for display alone. `progress` omits it, because commands
 * depend on it.
 */
export class SetState {
  state: JobState = 'planning';
  /** The job's own budget in USD. Unset if it has none. */
  maxUsd: string | undefined;
  /** Why the set itself waits, before it has any chunk. */
  reason: WaitReason | undefined;
  readonly plans: ChunkPlan[] = [];
  /** Running chunks, with their last reported state. */
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

  /** Totals of the chunks and segments that have ended. */
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

  /** Subtracts requests of a chunk that are not sent because equal earlier ones are. */
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

  progress(): ReportedProgress {
    return this.#progressOf(this.totals);
  }

  /** Returns the progress to display, including the last reports of running chunks and segments. */
  shown(now: number, settings?: JobSettings): ReportedProgress {
    const chunks = [...this.running.values()];
    // What waits for a person is shown first.
    const held = chunks.filter(({ phase }) => phase === 'held');
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
      reason: progress.reason ?? [...held, ...chunks].find(({ reason }) => reason !== undefined)?.reason,
    };
  }

  #progressOf(totals: Totals): ReportedProgress {
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
      reason: this.reason,
    };
  }
}
