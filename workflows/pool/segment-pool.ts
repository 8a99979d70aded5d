import { type ChildWorkflowHandle, isCancellation } from '@temporalio/workflow';
import type { ChunkEnd } from '../../src/job/activity-types';
import { failureMessage } from '../../src/job/failure';
import { SEGMENT } from '../../src/job/names';
import {
  endOfPart,
  type SegmentInput,
  type Slots,
  segmentRanges,
  segmentShares,
  type Totals,
} from '../../src/job/segments';
import { startChildInPlace } from '../common/start-child';
import type { ChunkRunner, PoolOptions } from './chunk-pool';
import { type CarryPart, PartPool } from './part-pool';
import type { anthropicSegment } from './segment';
import type { SetState } from './set-state';

type Child = ChildWorkflowHandle<typeof anthropicSegment>;

/** Segments closed concurrently. Each closes several chunks concurrently. */
const CLOSED_AT_ONCE = 4;

const NONE: Slots = { batches: 0, requests: 0 };

/**
 * Carries a set of very many chunks as segments, a few concurrently, each with its share of the job's limits.
 */
export class SegmentPool implements ChunkRunner {
  readonly #parts: PartPool<typeof anthropicSegment>;
  readonly #ranges: [first: number, end: number][];
  /** Shares of the job's limits that no running segment has. */
  readonly #shares: Slots[];

  readonly #set: SetState;
  readonly #options: PoolOptions;

  constructor(set: SetState, options: PoolOptions) {
    this.#set = set;
    this.#options = options;
    this.#parts = new PartPool(options);

    const largest = Math.max(...set.plans.map((plan) => plan.requests));
    this.#shares = segmentShares(options.slots, largest);
    this.#ranges = segmentRanges(set.plans.length, this.#shares.length);
  }

  carryAll(): Promise<void> {
    return this.#run(this.#shares.length, async (segment, started, canceled) => {
      const share = this.#shares.shift()!;
      try {
        await this.#carry(segment, share, started, canceled);
      } finally {
        this.#shares.push(share);
      }
    });
  }

  /** Also gives the documents of each segment their outcomes. */
  salvage(end: ChunkEnd): Promise<void> {
    return this.#run(this.#ranges.length, (segment, started) =>
      // `settle` closes what a segment could not close.
      this.#close(segment, end, true, started).catch(() => {}),
    );
  }

  settle(end: ChunkEnd): Promise<void> {
    return this.#parts.settle(this.#ranges.length, CLOSED_AT_ONCE, (segment) => this.#close(segment, end));
  }

  #run(batches: number, carry: CarryPart): Promise<void> {
    const requests = this.#ranges.map(() => 0);
    return this.#parts.carryAll(requests, { batches, requests: 0 }, carry);
  }

  async #carry(segment: number, share: Slots, started: () => void, canceled: () => boolean): Promise<void> {
    try {
      this.#ended(segment, await this.#parts.runChild(segment, () => this.#start(segment, share), started));
    } catch (error) {
      if (canceled()) return;
      // A segment that a person canceled cancels its chunks too; the other segments go on.
      await this.#close(segment, endOfPart(isCancellation(error), failureMessage(error)));
    }
  }

  /**
   * Gives an outcome to every document of an unfinished segment. Uses the segment's own id, to replace a
   * workflow of it that may still run from before a Reset and would start its next chunk.
   */
  async #close(segment: number, closing: ChunkEnd, salvage?: true, started?: () => void): Promise<void> {
    const start = () => this.#start(segment, NONE, closing, salvage);
    this.#ended(segment, await this.#parts.runChild(segment, start, started));
    this.#options.show();
  }

  #ended(segment: number, totals: Totals): void {
    this.#set.segmentEnded(segment, totals);
    this.#parts.ended(segment);
  }

  #start(segment: number, slots: Slots, closing?: ChunkEnd, salvage?: true): Promise<Child> {
    const { job, plans } = this.#set;
    const { settings, times, searchAttributes, live, rebuild } = this.#options;
    const [first, end] = this.#ranges[segment]!;
    const input: SegmentInput = {
      job,
      segment,
      first,
      plans: plans.slice(first, end),
      slots,
      settings,
      times,
      searchAttributes,
      live,
      closing,
      salvage,
      rebuild,
    };
    return startChildInPlace<typeof anthropicSegment>(SEGMENT, {
      workflowId: `${rebuild?.under ?? job.id}/segment-${segment}`,
      args: [input],
      staticSummary: `chunks ${first} to ${end - 1} of ${job.id}`,
    });
  }
}
