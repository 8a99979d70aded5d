// pool/: carries many chunks concurrently, in segments for very large sets. Start here. run-pool.ts is the
// loop; src/job/pool.ts makes the decisions.

import { type ChildWorkflowHandle, isCancellation } from '@temporalio/workflow';
import type { ChunkEnd, OpenRound } from '../../src/job/activity-types';
import { newChunkState } from '../../src/job/chunk-state';
import { failureMessage } from '../../src/job/failure';
import type { Rebuild } from '../../src/job/inputs';
import type { ChunkPlan, ChunkSummary, JobSettings } from '../../src/job/job';
import { MESSAGE_BATCH } from '../../src/job/names';
import type { SubmissionTimes } from '../../src/job/protocol/submission';
import { endOfPart, type Slots } from '../../src/job/segments';
import type { anthropicMessageBatch } from '../chunk/message-batch';
import { steps } from '../common/activity-proxies';
import { startChildInPlace } from '../common/start-child';
import { cancelById } from './children';
import { PartPool } from './part-pool';
import type { SetState } from './set-state';

type Child = ChildWorkflowHandle<typeof anthropicMessageBatch>;

/** Carries a set's chunks to their ends: a pool of chunks, or a pool of segments with one each. */
export interface ChunkRunner {
  /** Starts everything as slots come free, and waits for all. If canceled, throws once all have ended. */
  carryAll(): Promise<void>;
  /**
   * Collects what the chunks had bought, for a job or a segment whose workflow is gone. A runner that also
   * closes its chunks gives them the end `end`. If canceled, throws once all have ended.
   */
  salvage(end: ChunkEnd): Promise<void>;
  /** Gives an outcome to every document of the chunks that never ended. */
  settle(end: ChunkEnd): Promise<void>;
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
  /** First rounds are sent live, because the job has so few requests. */
  live?: true;
  /** Set if the job's workflow is gone. */
  rebuild?: Rebuild;
}

/** Chunks closed concurrently. */
const CLOSED_AT_ONCE = 10;

/** Carries chunks through child workflows, within the given slots. */
export class ChunkPool implements ChunkRunner {
  readonly #parts: PartPool<typeof anthropicMessageBatch>;
  readonly #started = new Set<number>();
  /** Chunks that were canceled and collected what they had bought before they ended. */
  readonly #collected = new Set<number>();
  /** Chunks from which something was salvaged. Their results are built again. */
  readonly #salvaged = new Set<number>();

  readonly #set: SetState;
  readonly #options: PoolOptions;

  constructor(set: SetState, options: PoolOptions) {
    this.#set = set;
    this.#options = options;
    this.#parts = new PartPool(options);
  }

  carryAll(): Promise<void> {
    return this.#run((chunk, plan, started, canceled) => this.#carry(chunk, plan, started, canceled));
  }

  salvage(): Promise<void> {
    return this.#run(async (chunk, plan, started) => {
      if (!(await this.#openRound(chunk))) return;
      this.#salvaged.add(chunk);
      await this.#salvage(chunk, plan, '-salvage', started);
    });
  }

  /** Collects what the chunks had bought before it closes them. */
  async settle(end: ChunkEnd): Promise<void> {
    const { rebuild, first, show } = this.#options;
    const { plans } = this.#set;
    await this.#parts.settle(plans.length, CLOSED_AT_ONCE, async (part) => {
      const chunk = first + part;
      const plan = plans[part]!;
      if (rebuild) await this.#close(chunk, end, !this.#salvaged.has(chunk));
      else if (plan.adopted || this.#collected.has(chunk)) await this.#close(chunk, end);
      else await this.#closeCutShort(chunk, plan, end);
      show();
    });
  }

  #run(
    carry: (chunk: number, plan: ChunkPlan, started: () => void, canceled: () => boolean) => Promise<void>,
  ): Promise<void> {
    const { slots, first } = this.#options;
    const { plans, running } = this.#set;
    const requests = plans.map((plan) => plan.requests);
    return this.#parts.carryAll(requests, slots, async (part, started, canceled) => {
      const chunk = first + part;
      const plan = plans[part]!;
      this.#started.add(chunk);
      running.set(chunk, newChunkState(chunk, plan.requests));
      try {
        await carry(chunk, plan, started, canceled);
      } finally {
        running.delete(chunk);
      }
    });
  }

  async #carry(chunk: number, plan: ChunkPlan, started: () => void, canceled: () => boolean): Promise<void> {
    try {
      this.#ended(await this.#runChild(chunk, () => this.#start(chunk, plan), started));
    } catch (error) {
      const alone = isCancellation(error);
      if (alone) this.#collected.add(chunk);
      // `settle` closes the chunks of a canceled job. A chunk that failed or was canceled alone is closed
      // here, and the others go on.
      if (canceled()) return;
      // A batch that another tool made is not canceled, and its failure fails the job.
      if (!plan.adopted) await this.#salvage(chunk, plan, '-salvage', started);
      if (canceled()) return;
      await this.#close(chunk, endOfPart(alone, failureMessage(error)));
      if (plan.adopted) throw error;
    }
  }

  #start(chunk: number, plan: ChunkPlan, salvage?: true, suffix = ''): Promise<Child> {
    const { job } = this.#set;
    const { settings, times, searchAttributes, live, rebuild } = this.#options;
    const how = rebuild && !rebuild.cancel ? 'keep' : true;
    const work = salvage ? 'collect results' : `${plan.requests} requests`;
    return startChildInPlace<typeof anthropicMessageBatch>(MESSAGE_BATCH, {
      workflowId: `${rebuild?.under ?? job.id}/chunk-${chunk}${suffix}`,
      args: [{ job, chunk, plan, settings, times, searchAttributes, live, salvage: salvage && how }],
      staticSummary: `chunk ${chunk} of ${job.id}: ${work}`,
    });
  }

  /** Collects what a chunk had bought when its workflow ended badly: a batch in flight is paid for. */
  async #salvage(chunk: number, plan: ChunkPlan, suffix: string, started = () => {}): Promise<void> {
    try {
      await this.#runChild(chunk, () => this.#start(chunk, plan, true, suffix), started);
    } catch {
      // The chunk's results name the batch whose answers could not be collected.
    }
  }

  /**
   * Closes a chunk whose progress only the store knows: one that was terminated, or that an earlier run
   * carried.
   */
  async #closeCutShort(chunk: number, plan: ChunkPlan, end: ChunkEnd): Promise<void> {
    // Results that an earlier run built of the chunk stay.
    const earlier = !this.#started.has(chunk);
    // An earlier run's chunk may still wait to send something. It is canceled before it is closed: otherwise
    // it would find that this job runs, and send.
    if (earlier) await cancelById(`${this.#set.job.id}/chunk-${chunk}`);
    const open = await this.#openRound(chunk);
    // Uses the chunk's own id, to replace a workflow of it that may still run from before a Reset.
    if (open) await this.#salvage(chunk, plan, '');
    await this.#close(chunk, end, !open && earlier);
  }

  #openRound(chunk: number): Promise<OpenRound | null> {
    return steps.anthropicOpenRound.executeWithOptions({ summary: `chunk ${chunk}: find the open round` }, [
      { job: this.#set.job, chunk },
    ]);
  }

  async #close(chunk: number, end: ChunkEnd, keep?: boolean): Promise<void> {
    const summary = await steps.anthropicFinishChunk.executeWithOptions(
      { summary: `chunk ${chunk}: close` },
      [{ job: this.#set.job, chunk, ...end, keep }],
    );
    this.#ended(summary);
  }

  #runChild(chunk: number, start: () => Promise<Child>, started: () => void): Promise<ChunkSummary> {
    return this.#parts.runChild(chunk - this.#options.first, start, started);
  }

  #ended(summary: ChunkSummary): void {
    this.#set.ended(summary);
    this.#parts.ended(summary.chunk - this.#options.first);
  }
}
