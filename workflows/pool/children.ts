import type { ChildWorkflowHandle, Workflow, WorkflowResultType } from '@temporalio/workflow';
import { PING } from '../../src/job/names';
import { sleep } from '../common/clock';
import { cancelExternalWorkflow } from '../common/interceptors';
import { signalWorkflow } from '../common/signal-workflow';

interface Running<T extends Workflow> {
  child: ChildWorkflowHandle<T>;
  /** Ends the wait for a child that no longer runs. */
  gone: () => void;
}

/** @returns false where no workflow of this id runs any more. */
export async function cancelById(workflowId: string): Promise<boolean> {
  return cancelExternalWorkflow(workflowId).then(
    () => true,
    () => false,
  );
}

/** The running children of a pool, by number. */
export class Children<T extends Workflow> {
  readonly #running = new Map<number, Running<T>>();

  /**
   * Starts a child and waits for its end. A child that turns out to be gone is started anew: after a Reset to a point behind
   * its start the server may never report its end.
   *
   * @param started is called each time when a child runs.
   */
  async run(
    number: number,
    start: () => Promise<ChildWorkflowHandle<T>>,
    started: () => void,
  ): Promise<WorkflowResultType<T>> {
    try {
      for (;;) {
        const child = await start();
        let gone = () => {};
        const isGone = new Promise<void>((resolve) => {
          gone = resolve;
        });
        this.#running.set(number, { child, gone });
        started();
        const end = await Promise.race([child.result().then((result) => ({ result })), isGone]);
        if (end) return end.result;
      }
    } finally {
      this.#running.delete(number);
    }
  }

  /**
   * Asks a child to end, by its id: the cancellation of this workflow does not reach a child that an earlier run started, and
   * whose end this run waits for.
   */
  async cancel(number: number): Promise<void> {
    const running = this.#running.get(number);
    if (running) await cancelById(running.child.workflowId);
  }

  /**
   * Finds out whether a child still runs; `run` starts one anew that does not. One that has just ended looks the same until
   * its end arrives, so that is waited for first.
   */
  async find(number: number, patience: number): Promise<void> {
    const running = this.#running.get(number);
    if (!running || (await signalWorkflow(running.child, PING))) return;
    await sleep(patience, { summary: 'wait for the end of a child that no longer runs' });
    running.gone();
  }
}
