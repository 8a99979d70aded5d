import { sleep as sleepInWorkflow, workflowInfo } from '@temporalio/workflow';

/** Milliseconds that the workflow has slept. Each workflow has its own instance of this module. */
let slept = 0;

/** Sleeps for `ms` milliseconds, and advances the workflow's own clock by them. */
export async function sleep(ms: number, options: { summary: string }): Promise<void> {
  await sleepInWorkflow(ms, options);
  slept += ms;
}

/**
 * Returns the workflow's own clock in milliseconds: its start time plus what it has slept. Use it for all
 * decisions by time. It lags by the duration of steps, so a wait may last longer than its limit but never
 * ends early.
 *
 * Use `Date.now()` only for display and for times that are passed on. If a query runs before a workflow task,
 * Temporal's SDK (TypeScript 1.24.0) still has the time of the previous task, and a replay would decide
 * differently.
 */
export function now(): number {
  return workflowInfo().startTime.getTime() + slept;
}
