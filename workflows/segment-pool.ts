import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { failureMessage } from '../src/job/failure';
import { GRANT_SLOTS, PAUSE_CHUNK, RELEASE_SLOTS, SEGMENT, SEGMENT_NEWS } from '../src/job/names';
import {
  addSlots,
  anySlots,
  type End,
  endOfPart,
  leastSlots,
  type Release,
  type SegmentInput,
  type SegmentNews,
  type Slots,
  segmentRanges,
  subtractSlots,
} from '../src/job/segments';
import { atOnce } from './at-once';
import { cancellation } from './cancellation';
import { Children } from './children';
import type { Carrier, PoolOptions } from './chunk-pool';
import type { anthropicSegment } from './segment';
import type { SetState } from './set-state';
import { startChildInPlace } from './start-child';
import { tell } from './tell';

type Child = ChildWorkflowHandle<typeof anthropicSegment>;

/** Segments that are closed at a time; each closes several chunks at a time. */
const CLOSED_AT_ONCE = 4;

const NONE: Slots = { batches: 0, requests: 0 };

/**
 * Carries a set of very many chunks as segments that share the job's limits and overlap: one segment at a time starts
 * chunks, and what it can no longer use goes to the next, so that no slot waits for the slowest batch of a segment.
 */
export class SegmentPool implements Carrier {
  readonly #children = new Children<typeof anthropicSegment>();
  readonly #ended = new Set<number>();
  readonly #tasks: Promise<void>[] = [];
  /** What each running segment holds of the job's limits. */
  readonly #held = new Map<number, Slots>();
  #spare: Slots;
  /** The segment that starts chunks. */
  #starting: number | undefined;

  constructor(
    private readonly set: SetState,
    private readonly options: PoolOptions,
  ) {
    this.#spare = options.slots;
    setHandler(defineSignal<[Release]>(RELEASE_SLOTS), ({ segment, slots }) => {
      if (this.#starting === segment) this.#starting = undefined;
      this.#takeBack(segment, slots);
      return this.#grant();
    });
    setHandler(defineSignal<[SegmentNews]>(SEGMENT_NEWS), ({ segment, totals }) => {
      // Signals may overtake each other; totals only grow.
      const known = this.set.segments.get(segment);
      if (known && known.chunksDone + known.batches > totals.chunksDone + totals.batches) return;
      this.set.segments.set(segment, totals);
      options.show();
    });
  }

  async carryAll(): Promise<void> {
    this.#children.cancelAlong(this.options.settings);
    for (const segment of segmentRanges(this.set.plans.length).keys()) {
      await condition(() => !this.set.paused && this.#starting === undefined && anySlots(this.#spare));
      this.#starting = segment;
      const slots = this.#spare;
      this.#spare = NONE;
      this.#held.set(segment, slots);
      const task = this.#carry(segment);
      // It is awaited below or in `settle`; until then its failure must not count as one that nobody handles.
      task.catch(() => {});
      this.#tasks.push(task);
    }
    await Promise.all(this.#tasks);
  }

  /** Each segment gives its documents their outcomes, too. */
  async salvage(end: End): Promise<void> {
    const segments = [...segmentRanges(this.set.plans.length).keys()];
    await Promise.allSettled(segments.map((segment) => this.#close(segment, end, true)));
  }

  async settle(end: End): Promise<void> {
    await Promise.allSettled(this.#tasks);
    const left = [...segmentRanges(this.set.plans.length).keys()].filter((it) => !this.#ended.has(it));
    await atOnce(CLOSED_AT_ONCE, left, (segment) => this.#close(segment, end));
  }

  tellAll(signal: string): Promise<void> {
    return this.#children.tellAll(signal);
  }

  async #carry(segment: number): Promise<void> {
    try {
      const totals = await this.#children.run(
        segment,
        () => this.#start(segment, this.#held.get(segment)!),
        async () => {
          // Paused while it was being started, when there was nobody to tell yet.
          if (this.set.paused) await this.#children.tell(segment, PAUSE_CHUNK);
          await this.#grant();
        },
      );
      this.set.segments.set(segment, totals);
      this.#ended.add(segment);
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw cancellation(error);
      // A segment that a person ended takes its chunks along; the other segments go on.
      await this.#close(segment, endOfPart(isCancellation(error), failureMessage(error)));
    } finally {
      if (this.#starting === segment) this.#starting = undefined;
      this.#takeBack(segment, this.#held.get(segment) ?? NONE);
      this.options.show();
    }
    await this.#grant();
  }

  /** Gives every document of a segment that did not go to its end its outcome, in a workflow of its own. */
  async #close(segment: number, closing: End, salvage?: true): Promise<void> {
    const child = await this.#start(segment, NONE, closing, salvage);
    this.set.segments.set(segment, await child.result());
    this.#ended.add(segment);
  }

  #start(segment: number, slots: Slots, closing?: End, salvage?: true): Promise<Child> {
    const { job, plans, paused } = this.set;
    const { settings, times, searchAttributes, sync, rebuild } = this.options;
    const [first, end] = segmentRanges(plans.length)[segment]!;
    const input: SegmentInput = {
      job,
      segment,
      first,
      plans: plans.slice(first, end),
      slots,
      settings,
      times,
      searchAttributes,
      paused,
      sync,
      closing,
      salvage,
      rebuild,
    };
    return startChildInPlace<typeof anthropicSegment>(SEGMENT, {
      workflowId: `${rebuild?.under ?? job.id}/segment-${segment}${closing ? '-close' : ''}`,
      args: [input],
      staticSummary: `chunks ${first} to ${end - 1} of ${job.id}`,
    });
  }

  #takeBack(segment: number, slots: Slots): void {
    const held = this.#held.get(segment) ?? NONE;
    // A segment that was reset releases again what it had released before.
    const back = leastSlots(held, slots);
    this.#held.set(segment, subtractSlots(held, back));
    this.#spare = addSlots(this.#spare, back);
  }

  /** Hands what is spare to the segment that starts chunks; the next one starts with it when there is none. */
  async #grant(): Promise<void> {
    const child = this.#starting === undefined ? undefined : this.#children.get(this.#starting);
    if (!child || (this.#spare.batches === 0 && this.#spare.requests === 0)) return;
    const slots = this.#spare;
    this.#spare = NONE;
    this.#held.set(this.#starting!, addSlots(this.#held.get(this.#starting!) ?? NONE, slots));
    await tell(child, GRANT_SLOTS, slots);
  }
}
