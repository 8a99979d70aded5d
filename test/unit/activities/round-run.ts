import type { Bought, NotSent } from '../../../src/job/activity-types';
import { failureMessage } from '../../../src/job/failure';
import { afterRelease, afterSearch, NEW_SEARCH, searchedEnough } from '../../../src/job/protocol/search';
import { reasonText } from '../../../src/job/reason-text';
import { environment, type Stage } from './support';

/** How a run ended: with its results in the store, or waiting with a reason. */
export type RunEnd = { kind: 'done' } | { kind: 'waits'; reason: string | undefined };

/** How far the simulator's clock moves between two steps: a third of the grace of a `Stage`. */
const STEP = 20_000;

/**
 * Drives one round of a chunk through the real activities in its workflow's order, with at most `steps`
 * waits.
 */
export class RoundRun {
  #steps = 0;

  readonly #stage: Stage;
  readonly #cancels: boolean;

  constructor(
    stage: Stage,
    /** Cancels the batch as soon as it is known. */
    cancels: boolean,
  ) {
    this.#stage = stage;
    this.#cancels = cancels;
  }

  /**
   * Runs until the results are in the store, or for a number of waits. A further call continues as another
   * worker.
   */
  async goOn(steps: number): Promise<RunEnd> {
    this.#steps = steps;
    try {
      const batch = await this.#buy();
      if (this.#cancels) await this.#until(() => this.#cancel(batch));
      await this.#until(async () => {
        const { status } = await this.#stage.poll(batch);
        return status === 'ended' ? true : `The batch is ${status}.`;
      });
      await this.#until(async () => {
        await this.#stage.retrieve(batch, { retry: false });
        return true;
      });
      return { kind: 'done' };
    } catch (error) {
      if (error instanceof Waits) return { kind: 'waits', reason: error.reason };
      throw error;
    }
  }

  async #buy(): Promise<string> {
    for (;;) {
      const sent = await this.#stage.submit();
      const outcome = sent.kind === 'mustReconcile' ? await this.#resolve() : sent;
      if (outcome.kind === 'bought') return outcome.batch;
      if (outcome.kind !== 'notSent') throw new Error(`A round was ${outcome.kind}.`);
      if ('reason' in outcome.why) this.#wait(reasonText(outcome.why.reason));
    }
  }

  async #resolve(): Promise<Bought | NotSent> {
    let search = NEW_SEARCH;
    for (;;) {
      const { attempt, allowed } = search;
      const began = await this.#now();
      const result = await this.#stage.reconcile({ attempt, allowed, presumeLost: searchedEnough(search) });
      if (result.kind !== 'searching' && result.kind !== 'held') return result;
      const next = afterSearch(search, result, began, await this.#now(), this.#stage.times);
      search = next.held === undefined ? next.search : afterRelease(next.search, this.#stage.times);
      const watching =
        result.kind === 'searching' && result.watching.length > 0 ? 'It watches a batch.' : undefined;
      const why = next.held ?? result.reason;
      this.#wait(why ? reasonText(why) : (watching ?? 'It searches for the batch.'));
    }
  }

  async #cancel(batch: string): Promise<true> {
    const { job } = this.#stage;
    await environment().run(this.#stage.worker().anthropicCancel, { job, chunk: 0, batch });
    return true;
  }

  /** Repeats a step until it is done. Its failure or its message is the reason for waiting. */
  async #until(step: () => Promise<true | string>): Promise<void> {
    for (;;) {
      const said = await step().catch(failureMessage);
      if (said === true) return;
      this.#wait(said);
    }
  }

  #wait(reason: string): void {
    if (this.#steps === 0) throw new Waits(reason);
    this.#steps -= 1;
    this.#stage.simulator.clock.advance(STEP);
  }

  #now = async () => this.#stage.simulator.clock.now();
}

class Waits extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}
