import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  getExternalWorkflowHandle,
  patched,
  type Workflow,
  type WorkflowResultType,
} from '@temporalio/workflow';
import { backoff, type PollTimes } from '../src/job/poll';
import { inOrder } from './in-order';
import { tell } from './tell';

interface Running<T extends Workflow> {
  child: ChildWorkflowHandle<T>;
  /** Tells whoever waits for the child that it is there no more. */
  gone: () => void;
}

/** Cancels a workflow, whoever started it. One that has ended cannot be canceled, and need not be. */
export async function cancelById(workflowId: string): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .cancel()
    .catch(() => {});
}

/** The running children of a pool, by number. */
export class Children<T extends Workflow> {
  readonly #running = new Map<number, Running<T>>();
  readonly #inOrder = inOrder();

  get(number: number): ChildWorkflowHandle<T> | undefined {
    return this.#running.get(number)?.child;
  }

  /**
   * Starts a child and waits for its end. One that turns out to be gone is started anew: after a Reset to a point behind its
   * start the server may never tell of its end.
   *
   * @param started is called with each child before it is waited for.
   */
  async run(
    number: number,
    start: () => Promise<ChildWorkflowHandle<T>>,
    started: () => Promise<void>,
  ): Promise<WorkflowResultType<T>> {
    try {
      for (;;) {
        const child = await start();
        // No Trigger: a cancellation would end that, and the child, which is being canceled, has yet to bring home what it bought.
        let gone = () => {};
        const isGone = new Promise<void>((resolve) => {
          gone = resolve;
        });
        this.#running.set(number, { child, gone });
        await started();
        const end = await Promise.race([child.result().then((result) => ({ result })), isGone]);
        if (end) return end.result;
      }
    } finally {
      this.#running.delete(number);
    }
  }

  /** Signals one child. Of two signals none overtakes the other. */
  tell(number: number, signal: string): Promise<void> {
    return this.#inOrder(() => this.#tell(this.#running.get(number), signal));
  }

  /** Signals every child. */
  tellAll(signal: string): Promise<void> {
    return this.#inOrder(() =>
      Promise.all([...this.#running.values()].map((running) => this.#tell(running, signal))),
    );
  }

  /**
   * When this workflow is canceled, asks its children to end by their ids too: the cancellation itself does not reach those that
   * ran on over a Reset, and whoever waits for them would wait until their batches end by themselves. Asks again, ever more seldom:
   * a child that is reset to before it was canceled does not know of it, and would go on to buy.
   */
  cancelAlong(times: PollTimes): void {
    const cancel = ({ child }: Running<T>) => cancelById(child.workflowId);
    const cancelAll = () => Promise.all([...this.#running.values()].map(cancel));
    CancellationScope.current().cancelRequested.catch(async () => {
      if (!patched('cancel-children-by-id')) return;
      await CancellationScope.nonCancellable(async () => {
        await cancelAll();
        if (!patched('cancel-children-again')) return;
        const ended = (tries: number) =>
          condition(() => this.#running.size === 0, backoff(tries, times, { spread: 0 }));
        for (let tries = 0; !(await ended(tries)); tries += 1) await cancelAll();
      });
    });
  }

  async #tell(running: Running<T> | undefined, signal: string): Promise<void> {
    if (running && !(await tell(running.child, signal))) running.gone();
  }
}
