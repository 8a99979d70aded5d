import type { WorkflowResultType } from '@temporalio/workflow';
import { CancellationScope, type ChildWorkflowHandle, type Workflow } from '@temporalio/workflow';
import { forEachConcurrent } from '../../src/job/for-each-concurrent';
import type { JobSettings } from '../../src/job/job';
import { missingPause } from '../../src/job/pool';
import type { Slots } from '../../src/job/segments';
import { Children } from './children';
import { runPool } from './run-pool';

/**
 * Carries a part of a pool to its end.
 *
 * @param started called each time a child of the part runs
 * @param canceled returns whether the pool was canceled
 */
export type CarryPart = (part: number, started: () => void, canceled: () => boolean) => Promise<void>;

/**
 * What the pools of chunks and of segments share. Each part has a child that is checked while it runs, and
 * parts that never ended are closed. Parts are numbered from 0.
 */
export class PartPool<T extends Workflow> {
  readonly #children = new Children<T>();
  readonly #ended = new Set<number>();

  readonly #settings: JobSettings;
  readonly #show: () => void;

  constructor({ settings, show }: { settings: JobSettings; show: () => void }) {
    this.#settings = settings;
    this.#show = show;
  }

  /** Carries all parts as slots come free. If canceled, throws once all have ended. */
  carryAll(requests: readonly number[], slots: Slots, carry: CarryPart): Promise<void> {
    const scope = CancellationScope.current();
    return runPool(
      { requests, slots, times: this.#settings },
      {
        carry: (part, started) => carry(part, started, () => scope.consideredCancelled),
        cancel: (part) => void this.#children.cancel(part),
        find: (part) => void this.#children.find(part, missingPause(this.#settings)),
        show: this.#show,
      },
    );
  }

  /** Starts a part's child and waits for its end. */
  runChild(
    part: number,
    start: () => Promise<ChildWorkflowHandle<T>>,
    started: () => void = () => {},
  ): Promise<WorkflowResultType<T>> {
    return this.#children.run(part, start, started);
  }

  /** Records that a part needs no closing any more. */
  ended(part: number): void {
    this.#ended.add(part);
  }

  /** Closes the parts that have not ended, at most `atOnce` concurrently. */
  settle(parts: number, atOnce: number, close: (part: number) => Promise<void>): Promise<void> {
    const left = Array.from({ length: parts }, (_, part) => part).filter((part) => !this.#ended.has(part));
    return forEachConcurrent(atOnce, left, close);
  }
}
