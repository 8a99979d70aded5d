import { CancellationScope, type ChildWorkflowHandle, condition, isCancellation } from '@temporalio/workflow';
import { newChunkState } from '../src/job/chunk-state';
import { failureMessage } from '../src/job/failure';
import type { Rebuild } from '../src/job/inputs';
import type { ChunkPlan, JobSettings } from '../src/job/job';
import { MESSAGE_BATCH, PAUSE_CHUNK } from '../src/job/names';
import { addSlots, type Slots } from '../src/job/segments';
import type { ChunkRef, FinishChunkInput } from '../src/job/steps';
import type { SubmissionTimes } from '../src/job/submission';
import type { anthropicMessageBatch } from './message-batch';
import type { SetState } from './set-state';
import { startChildInPlace } from './start-child';
import { steps } from './steps';
import { cancelAlong, tell } from './tell';

type Child = ChildWorkflowHandle<typeof anthropicMessageBatch>;

/** What carries a set's chunks to their ends: a pool of chunks, or of segments that each have one. */
export interface Carrier {
  /** Starts everything as room comes free, and waits for all. Throws when canceled. */
  carryAll(): Promise<void>;
  /** Brings home what the chunks had bought whose workflows are gone. */
  salvage(): Promise<void>;
  /** Waits for what still runs, and gives an outcome to every document of the chunks that never ended. */
  settle(): Promise<void>;
  tellAll(signal: string): Promise<void>;
}

export interface PoolOptions {
  settings: JobSettings;
  times: SubmissionTimes;
  searchAttributes: boolean;
  /** Number of the first chunk. */
  first: number;
  slots: Slots;
  /** Shows the new state. */
  show: () => void;
  /** Where the job's workflow is gone. */
  rebuild?: Rebuild;
  /** Takes slots that the pool has no more use for. */
  release?: (slots: Slots) => Promise<void>;
}

/** Carries chunks through child workflows, within the slots that it was given. */
export class ChunkPool implements Carrier {
  readonly #children = new Map<number, Child>();
  readonly #ended = new Set<number>();
  /** Chunks of which something was brought home: their results are made anew. */
  readonly #salvaged = new Set<number>();
  readonly #tasks: Promise<void>[] = [];
  #slots: Slots;
  #requests = 0;
  #allStarted = false;

  constructor(
    private readonly set: SetState,
    private readonly options: PoolOptions,
  ) {
    this.#slots = options.slots;
  }

  async carryAll(): Promise<void> {
    cancelAlong(this.#children);
    for (const [index, plan] of this.set.plans.entries()) {
      await condition(() => !this.set.paused && this.#fits(plan));
      const chunk = this.options.first + index;
      this.#requests += plan.requests;
      this.set.running.set(chunk, newChunkState(chunk, plan.requests));
      const task = this.#carry(chunk, plan);
      // It is awaited below or in `settle`; until then its failure must not count as one that nobody handles.
      task.catch(() => {});
      this.#tasks.push(task);
    }
    this.#allStarted = true;
    await this.#release();
    await Promise.all(this.#tasks);
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.#tasks);
    const { rebuild } = this.options;
    const canceled = rebuild?.canceled ?? true;
    const message = 'The job, or its segment, was ended before this request was sent.';
    for (const index of this.set.plans.keys()) {
      const chunk = this.options.first + index;
      if (this.#ended.has(chunk)) continue;
      await this.#close(chunk, {
        canceled,
        unsent: { type: canceled ? 'canceled' : 'not_sent', message },
        keep: rebuild && !this.#salvaged.has(chunk),
      });
      this.options.show();
    }
  }

  /** Brings home what the chunks of a set had bought whose workflow, and theirs with it, ended badly. */
  async salvage(): Promise<void> {
    const tasks: Promise<void>[] = [];
    try {
      for (const [index, plan] of this.set.plans.entries()) {
        const chunk = this.options.first + index;
        const open = await steps.anthropicOpenRound.executeWithOptions(
          { summary: `chunk ${chunk}: what it had bought` },
          [{ job: this.set.job, chunk }],
        );
        if (!open) continue;
        this.#salvaged.add(chunk);
        this.set.running.set(chunk, newChunkState(chunk, plan.requests));
        const ended = () => this.set.running.delete(chunk) && this.options.show();
        tasks.push(this.#salvage(chunk, plan).finally(ended));
      }
    } finally {
      await Promise.allSettled(tasks);
    }
  }

  async tellAll(signal: string): Promise<void> {
    await Promise.all([...this.#children.values()].map((child) => tell(child, signal)));
  }

  /** Takes more slots; they go on where they came from when there is no chunk left to start. */
  async grant(slots: Slots): Promise<void> {
    this.#slots = addSlots(this.#slots, slots);
    await this.#release();
  }

  /** At least one chunk always goes, however large it is. */
  #fits(plan: ChunkPlan): boolean {
    const { size } = this.set.running;
    if (this.#slots.batches <= size) return false;
    return size === 0 || this.#requests + plan.requests <= this.#slots.requests;
  }

  async #release(): Promise<void> {
    const { release } = this.options;
    if (!release || !this.#allStarted) return;
    const batches = this.#slots.batches - this.set.running.size;
    const requests = Math.max(0, this.#slots.requests - this.#requests);
    if (batches <= 0 && requests === 0) return;
    this.#slots = { batches: this.#slots.batches - batches, requests: this.#slots.requests - requests };
    await release({ batches, requests });
  }

  async #carry(chunk: number, plan: ChunkPlan): Promise<void> {
    try {
      const child = await this.#start(chunk, plan);
      this.#children.set(chunk, child);
      // Paused while it was being started, when there was nobody to tell yet.
      if (this.set.paused) await tell(child, PAUSE_CHUNK);
      this.set.ended(await child.result());
      this.#ended.add(chunk);
    } catch (error) {
      // When the whole job is canceled `settle` closes the chunk; one that failed, or that a person ended alone, is closed
      // here, and the others go on.
      if (CancellationScope.current().consideredCancelled) throw error;
      // A batch that another tool made is not canceled, and is all that its job is about.
      if (!plan.adopted) await this.#salvage(chunk, plan);
      const canceled = isCancellation(error);
      const message = failureMessage(error);
      await this.#close(chunk, {
        canceled,
        unsent: { type: canceled ? 'canceled' : 'chunk_failed', message },
        failure: canceled ? undefined : message,
      });
      if (plan.adopted) throw error;
    } finally {
      this.#children.delete(chunk);
      this.set.running.delete(chunk);
      this.#requests -= plan.requests;
      this.options.show();
    }
    await this.#release();
  }

  #start(chunk: number, plan: ChunkPlan, salvage?: true): Promise<Child> {
    const { job, paused } = this.set;
    const { settings, times, searchAttributes, rebuild } = this.options;
    const how = rebuild && !rebuild.cancel ? 'keep' : true;
    return startChildInPlace<typeof anthropicMessageBatch>(MESSAGE_BATCH, {
      workflowId: `${rebuild?.under ?? job.id}/chunk-${chunk}${salvage ? '-salvage' : ''}`,
      args: [{ job, chunk, plan, settings, times, searchAttributes, paused, salvage: salvage && how }],
      staticSummary: `chunk ${chunk} of ${job.id}: ${salvage ? 'bring home what it bought' : `${plan.requests} requests`}`,
    });
  }

  /** Brings home what a chunk had bought when its workflow ended badly: a batch in flight is paid for. */
  async #salvage(chunk: number, plan: ChunkPlan): Promise<void> {
    try {
      const child = await this.#start(chunk, plan, true);
      await child.result();
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw error;
      // What cannot be had now either is named in the chunk's results: they say which batch it was.
    }
  }

  async #close(chunk: number, how: Omit<FinishChunkInput, keyof ChunkRef>): Promise<void> {
    const summary = await steps.anthropicFinishChunk.executeWithOptions(
      { summary: `chunk ${chunk}: close it` },
      [{ job: this.set.job, chunk, ...how }],
    );
    this.set.ended(summary);
    this.#ended.add(chunk);
  }
}
