import type { ChunkState } from '../src/job/chunk-state';
import { chunkNextPoll } from '../src/job/details';
import type { ChunkPlan, ChunkSummary, JobProgress, JobRef, JobSettings, JobState } from '../src/job/job';
import { failedCount } from '../src/job/outcome';

/** What a document set's workflow knows: counts and small scalars, whatever the size of the set. */
export class SetState {
  state: JobState = 'planning';
  waiting?: string;
  paused = false;
  readonly plans: ChunkPlan[] = [];
  /** Chunks whose workflow is running. */
  readonly running = new Map<number, ChunkState>();
  #documents = 0;
  #done = 0;
  #succeeded = 0;
  #failed = 0;
  #chunksDone = 0;
  #batches = 0;
  #rounds = 0;
  /** Batches of the running chunks that were told of. */
  readonly #batchesOf = new Map<number, number>();

  constructor(readonly job: JobRef) {}

  get shownState(): JobState {
    return this.paused && this.state === 'running' ? 'paused' : this.state;
  }

  get documents(): number {
    return this.#documents;
  }

  planned(plans: readonly ChunkPlan[]): void {
    for (const plan of plans) {
      this.plans.push(plan);
      this.#documents += plan.documents;
    }
  }

  took(news: ChunkState): void {
    const known = this.running.get(news.chunk);
    if (!known) return;
    if (news.batch !== undefined && news.batch !== known.batch) this.#bought(news.chunk);
    this.running.set(news.chunk, news);
  }

  ended(summary: ChunkSummary): void {
    this.#chunksDone += 1;
    this.#done += summary.documents;
    this.#succeeded += summary.counts.succeeded;
    this.#failed += failedCount(summary.counts);
    // News of a batch may have been missed; the chunk's own summary counts them all.
    this.#batches += summary.batches.length - (this.#batchesOf.get(summary.chunk) ?? 0);
    this.#batchesOf.delete(summary.chunk);
    this.#rounds = Math.max(this.#rounds, summary.rounds);
  }

  #bought(chunk: number): void {
    this.#batches += 1;
    this.#batchesOf.set(chunk, (this.#batchesOf.get(chunk) ?? 0) + 1);
  }

  progress(now: number, settings?: JobSettings): JobProgress {
    const chunks = [...this.running.values()];
    const polls = settings
      ? chunks.map((state) => chunkNextPoll(state, now, settings)).filter((at) => at !== undefined)
      : [];
    return {
      job: this.job,
      state: this.shownState,
      documents: this.#documents,
      done: this.#done,
      succeeded: this.#succeeded,
      failed: this.#failed,
      chunks: { planned: this.plans.length, running: this.running.size, done: this.#chunksDone },
      batches: this.#batches,
      rounds: this.#rounds,
      nextPoll: polls.length > 0 ? new Date(Math.min(...polls)).toISOString() : undefined,
      waiting: this.waiting ?? chunks.find(({ reason }) => reason !== undefined)?.reason,
    };
  }
}
