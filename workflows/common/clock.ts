import { sleep as sleepInWorkflow, workflowInfo } from '@temporalio/workflow';

/** Milliseconds that the workflow has slept. Each workflow has its own instance of this module. */
let slept = 0;

/** Sleeps for so many milliseconds, and moves the workflow's own clock on by them. */
export async function sleep(ms: number, options: { summary: string }): Promise<void> {
  await sleepInWorkflow(ms, options);
  slept += ms;
}

/**
 * The workflow's own clock, in milliseconds: its start and what it has slept since, for everything that is decided by time.
 * It lags behind by what steps took, so a wait may last longer than its limit and never ends before it.
 *
 * `Date.now()` is for display and for times that are passed on. A decision must not depend on it: when a query runs ahead of a
 * workflow task, Temporal's SDK (TypeScript 1.24.0) still has the time of the task before, and the replay decides otherwise.
 */
export function now(): number {
  return workflowInfo().startTime.getTime() + slept;
}
