import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import { newChunkState } from '../src/job/chunk-state';
import { failureMessage } from '../src/job/failure';
import type { Rebuild } from '../src/job/inputs';
import type { ChunkPlan, ChunkSummary, JobSettings } from '../src/job/job';
import { BUDGET_CHANGED, MESSAGE_BATCH, PAUSE_CHUNK } from '../src/job/names';
import { addSlots, type End, endOfPart, type Slots } from '../src/job/segments';
import type { OpenRound } from '../src/job/steps';
import type { SubmissionTimes } from '../src/job/submission';
import { atOnce } from './at-once';
import { cancellation } from './cancellation';
import { Children, cancelById } from './children';
import type { anthropicMessageBatch } from './message-batch';
import { tellOfRoom } from './room-in-budget';
import type { SetState } from './set-state';
import { startChildInPlace } from './start-child';
import { steps } from './steps';

type Child = ChildWorkflowHandle<typeof anthropicMessageBatch>;

/** What carries a set's chunks to their ends: a pool of chunks, or of segments that each have one. */
export interface Carrier {
  /** Starts everything as room comes free, and waits for all. Throws when canceled. */
  carryAll(): Promise<void>;
  /**
   * Only brings home what the chunks had bought, of a job or a segment whose workflow is gone. Whoever closes chunks in the same go
   * closes them with `end`.
   */
  salvage(end: End): Promise<void>;
  /** Waits for what still runs, and gives every document of the chunks that never ended its outcome. */
  settle(end: End): Promise<void>;
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
  /** First rounds go one by one: the job sends so few requests. */
  sync?: true;
  /** Where the job's workflow is gone. */
  rebuild?: Rebuild;
  /** Takes slots that the pool has no more use for. */
  release?: (slots: Slots) => Promise<unknown>;
}

/** Chunks that are closed at a time, when many are left. */
const CLOSED_AT_ONCE = 10;

/** Carries chunks through child workflows, within the slots that it was given. */
export class ChunkPool implements Carrier {
  readonly #children = new Children<typeof anthropicMessageBatch>();
  readonly #ended = new Set<number>();
  /** Chunks that were canceled and, before they ended, brought home what they had bought. */
  readonly #home = new Set<number>();
  /** Chunks of which something was brought home: their results are made anew. */
  readonly #salvaged = new Set<number>();
  /** The chunks that were started. */
  readonly #tasks = new Map<number, Promise<void>>();
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
    this.#children.cancelAlong(this.options.settings);
    tellOfRoom(
      this.set,
      () => this.#ended.size,
      (chunk) => this.#children.tell(chunk, BUDGET_CHANGED),
    );
    for (const [chunk, plan] of this.#numbered()) {
      await condition(() => !this.set.paused && this.set.overBudget === undefined && this.#fits(plan));
      this.#requests += plan.requests;
      this.set.running.set(chunk, newChunkState(chunk, plan.requests));
      const task = this.#carry(chunk, plan);
      // It is awaited below or in `settle`; until then its failure must not count as one that nobody handles.
      task.catch(() => {});
      this.#tasks.set(chunk, task);
    }
    this.#allStarted = true;
    await this.#release();
    await Promise.all(this.#tasks.values());
  }

  async settle(end: End): Promise<void> {
    await Promise.allSettled(this.#tasks.values());
    await this.closeAll(end);
  }

  /** Gives every document of the chunks that did not end its outcome, and brings home first what they had bought. */
  async closeAll(end: End): Promise<void> {
    const left = this.#numbered().filter(([chunk]) => !this.#ended.has(chunk));
    if (left.length === 0) return;
    // Jobs of 0.1.0 closed one chunk after the other, and asked for none what it had bought.
    const asks = patched('closing');
    const { rebuild } = this.options;
    await atOnce(asks ? CLOSED_AT_ONCE : 1, left, async ([chunk, plan]) => {
      if (rebuild) await this.#close(chunk, end, !this.#salvaged.has(chunk));
      else if (asks && !plan.adopted && !this.#home.has(chunk)) await this.#closeCutShort(chunk, plan, end);
      else await this.#close(chunk, end);
      this.options.show();
    });
  }

  async salvage(): Promise<void> {
    const tasks: Promise<void>[] = [];
    try {
      for (const [chunk, plan] of this.#numbered()) {
        if (!(await this.#openRound(chunk))) continue;
        this.#salvaged.add(chunk);
        this.set.running.set(chunk, newChunkState(chunk, plan.requests));
        const ended = () => this.set.running.delete(chunk) && this.options.show();
        tasks.push(this.#salvage(chunk, plan).finally(ended));
      }
    } finally {
      await Promise.allSettled(tasks);
    }
  }

  tellAll(signal: string): Promise<void> {
    return this.#children.tellAll(signal);
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
      const summary = await this.#children.run(
        chunk,
        () => this.#start(chunk, plan),
        async () => {
          // Paused while it was being started, when there was nobody to tell yet.
          if (this.set.paused) await this.#children.tell(chunk, PAUSE_CHUNK);
        },
      );
      this.set.ended(summary);
      this.#ended.add(chunk);
    } catch (error) {
      const canceled = isCancellation(error);
      if (canceled) this.#home.add(chunk);
      // When the whole job is canceled `settle` closes the chunk; one that failed, or that a person ended alone, is closed
      // here, and the others go on.
      if (CancellationScope.current().consideredCancelled) throw cancellation(error);
      // A batch that another tool made is not canceled, and is all that its job is about.
      if (!plan.adopted) await this.#salvage(chunk, plan);
      await this.#close(chunk, endOfPart(canceled, failureMessage(error)));
      if (plan.adopted) throw error;
    } finally {
      this.set.running.delete(chunk);
      this.#requests -= plan.requests;
      this.options.show();
    }
    await this.#release();
  }

  #start(chunk: number, plan: ChunkPlan, salvage?: true, suffix = ''): Promise<Child> {
    const { job, paused } = this.set;
    const { settings, times, searchAttributes, sync, rebuild } = this.options;
    const how = rebuild && !rebuild.cancel ? 'keep' : true;
    return startChildInPlace<typeof anthropicMessageBatch>(MESSAGE_BATCH, {
      workflowId: `${rebuild?.under ?? job.id}/chunk-${chunk}${suffix}`,
      args: [{ job, chunk, plan, settings, times, searchAttributes, paused, sync, salvage: salvage && how }],
      staticSummary: `chunk ${chunk} of ${job.id}: ${salvage ? 'bring home what it bought' : `${plan.requests} requests`}`,
    });
  }

  /** Brings home what a chunk had bought when its workflow ended badly: a batch in flight is paid for. */
  async #salvage(chunk: number, plan: ChunkPlan, suffix = '-salvage'): Promise<void> {
    try {
      const child = await this.#start(chunk, plan, true, suffix);
      await child.result();
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw error;
      // What cannot be had now either is named in the chunk's results: they say which batch it was.
    }
  }

  /** Closes a chunk of which only the store knows how far it came: one that was ended by force, or by an earlier run. */
  async #closeCutShort(chunk: number, plan: ChunkPlan, end: End): Promise<void> {
    const workflowId = `${this.set.job.id}/chunk-${chunk}`;
    // Where this run did not start it, what an earlier one made of it stands.
    const earlier = !this.#tasks.has(chunk);
    // Begun by an earlier run, it may still wait to send something: nobody is to do that any more. Before it is closed, because it
    // would hear of this job, which has yet to end.
    const canceled = earlier && patched('cancel-before-closing');
    if (canceled) await cancelById(workflowId);
    const open = await this.#openRound(chunk);
    // Under the chunk's own id: should a workflow of it still run, from before a Reset, this one takes its place.
    if (open) await this.#salvage(chunk, plan, '');
    const summary = await this.#close(chunk, end, !open && earlier);
    if (earlier && !canceled && summary.rounds > 0) await cancelById(workflowId);
  }

  #openRound(chunk: number): Promise<OpenRound | null> {
    return steps.anthropicOpenRound.executeWithOptions({ summary: `chunk ${chunk}: what it had bought` }, [
      { job: this.set.job, chunk },
    ]);
  }

  async #close(chunk: number, end: End, keep?: boolean): Promise<ChunkSummary> {
    const summary = await steps.anthropicFinishChunk.executeWithOptions(
      { summary: `chunk ${chunk}: close it` },
      [{ job: this.set.job, chunk, ...end, keep }],
    );
    this.set.ended(summary);
    this.#ended.add(chunk);
    return summary;
  }

  /** Every chunk with its number. */
  #numbered(): [chunk: number, plan: ChunkPlan][] {
    return this.set.plans.map((plan, index) => [this.options.first + index, plan]);
  }
}
