import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  startChild,
} from '@temporalio/workflow';
import { newChunkState } from '../src/job/chunk-state';
import { failureMessage } from '../src/job/failure';
import type { ChunkPlan } from '../src/job/job';
import { PAUSE_CHUNK, RESUME_CHUNK } from '../src/job/names';
import type { Prepared } from '../src/job/steps';
import type { anthropicMessageBatch } from './message-batch';
import type { SetState } from './set-state';
import { steps } from './steps';

type Child = ChildWorkflowHandle<typeof anthropicMessageBatch>;

/** Carries a set's chunks through child workflows, within the job's limits of batches and requests in flight. */
export class ChunkPool {
  readonly #children = new Map<number, Child>();
  readonly #ended = new Set<number>();
  readonly #tasks: Promise<void>[] = [];
  #requests = 0;

  constructor(
    private readonly set: SetState,
    private readonly searchAttributes: boolean,
  ) {}

  /** Starts every chunk as room comes free, and waits for all. Throws when canceled, once the chunks have closed. */
  async run(prepared: Prepared, show: () => void): Promise<void> {
    for (const [chunk, plan] of this.set.plans.entries()) {
      await condition(() => !this.set.paused && this.#fits(plan, prepared));
      this.#requests += plan.requests;
      this.set.running.set(chunk, newChunkState(chunk, plan.requests));
      const task = this.#carry(chunk, plan, prepared, show);
      // It is awaited below or in `settle`; until then its failure must not count as one that nobody handles.
      task.catch(() => {});
      this.#tasks.push(task);
    }
    await Promise.all(this.#tasks);
  }

  /** Waits for what runs, and gives an outcome to every document of the chunks that never ended. */
  async settle(show: () => void): Promise<void> {
    await Promise.allSettled(this.#tasks);
    for (const chunk of this.set.plans.keys()) {
      if (this.#ended.has(chunk)) continue;
      await this.#close(chunk, 'The job was canceled before this request was sent.', true);
      show();
    }
  }

  async tellAll(what: 'pause' | 'resume'): Promise<void> {
    const signal = what === 'pause' ? PAUSE_CHUNK : RESUME_CHUNK;
    await Promise.all(
      [...this.#children.values()].map(async (child) => {
        try {
          await child.signal(signal);
        } catch {
          // It closed in the meantime: nothing is left to pause.
        }
      }),
    );
  }

  /** At least one chunk always goes, however large it is. */
  #fits(plan: ChunkPlan, { settings }: Prepared): boolean {
    const { size } = this.set.running;
    if (size === 0) return true;
    return (
      size < settings.maxBatchesInFlight && this.#requests + plan.requests <= settings.maxRequestsInFlight
    );
  }

  async #carry(chunk: number, plan: ChunkPlan, prepared: Prepared, show: () => void): Promise<void> {
    const { job, paused } = this.set;
    try {
      const child: Child = await startChild<typeof anthropicMessageBatch>('anthropicMessageBatch', {
        workflowId: `${job.id}/chunk-${chunk}`,
        args: [
          {
            job,
            chunk,
            plan,
            settings: prepared.settings,
            times: prepared.times,
            searchAttributes: this.searchAttributes,
            paused,
          },
        ],
        staticSummary: `chunk ${chunk} of ${job.id}: ${plan.requests} requests`,
      });
      this.#children.set(chunk, child);
      this.set.ended(await child.result());
      this.#ended.add(chunk);
    } catch (error) {
      // When the whole job is canceled `settle` closes the chunk; one that failed, or that a person ended alone, is closed
      // here, and the others go on.
      if (CancellationScope.current().consideredCancelled) throw error;
      await this.#close(chunk, failureMessage(error), isCancellation(error));
    } finally {
      this.#children.delete(chunk);
      this.set.running.delete(chunk);
      this.#requests -= plan.requests;
      show();
    }
  }

  async #close(chunk: number, reason: string, canceled: boolean): Promise<void> {
    const summary = await steps.anthropicFinishChunk.executeWithOptions(
      { summary: `chunk ${chunk}: close it` },
      [
        {
          job: this.set.job,
          chunk,
          canceled,
          unsent: { type: canceled ? 'canceled' : 'chunk_failed', message: reason },
          failure: canceled ? undefined : reason,
        },
      ],
    );
    this.set.ended(summary);
    this.#ended.add(chunk);
  }
}
