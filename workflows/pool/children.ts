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

/** @returns false if no workflow with this id runs any more */
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
   * Starts a child and waits for its end. Restarts a child that no longer runs: after a Reset to a point
   * after its start, the server may never report its end.
   *
   * @param started called each time a child runs
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
   * Requests the cancellation of a child by its id. The cancellation of this workflow does not reach a child
   * that an earlier run started and this run waits for.
   */
  async cancel(number: number): Promise<void> {
    const running = this.#running.get(number);
    if (running) await cancelById(running.child.workflowId);
  }

  /**
   * Checks whether a child still runs. If not, `run` restarts it. A child that has just ended looks the same
   * until its end is reported, so this waits for that first.
   */
  async find(number: number, pause: number): Promise<void> {
    const running = this.#running.get(number);
    if (!running || (await signalWorkflow(running.child, PING))) return;
    await sleep(pause, { summary: 'wait for the end of a child that no longer runs' });
    running.gone();
  }
}
