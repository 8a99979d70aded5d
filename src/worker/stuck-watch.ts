import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { failureMessage } from '../job/failure';
import { DOCUMENT_SET, RECONCILE_JOB } from '../job/names';
import { memoOf } from '../temporal/memos';
import { queryText } from '../temporal/query-text';
import { stuckMessage, stuckWorkflows } from '../temporal/stuck';

const FIRST = 30_000;
const EVERY = 5 * 60_000;

/** The settings of the watch for stuck workflows. */
export interface StuckWatch {
  client: Client;
  taskQueue: string;
  warn: (message: string) => void;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Milliseconds until the first check, and between two checks. */
  times?: { first: number; every: number };
}

/**
 * Checks the jobs of a worker's task queue for stuck workflows every five minutes, and warns of each. Without
 * it nothing is reported, because the SDK logs only the first failed attempt of a workflow task.
 */
export async function watchForStuck(watch: StuckWatch): Promise<void> {
  const { warn, signal, times = { first: FIRST, every: EVERY } } = watch;
  for (let pause = times.first; await passed(pause, signal); pause = times.every) {
    try {
      await check(watch);
    } catch (error) {
      if (!signal.aborted) warn(`The check for stuck workflows failed: ${failureMessage(error)}`);
    }
  }
}

async function check({ client, taskQueue, warn, signal }: StuckWatch): Promise<void> {
  const query =
    `TaskQueue = ${queryText(taskQueue)} AND ExecutionStatus = 'Running' ` +
    `AND WorkflowType IN ('${DOCUMENT_SET}', '${RECONCILE_JOB}')`;
  for await (const execution of client.workflow.list({ query })) {
    const { workflowId } = execution;
    for (const stuck of await stuckWorkflows(client, [workflowId])) {
      if (signal.aborted) return;
      warn(stuckMessage(memoOf(execution)?.id ?? workflowId, stuck));
    }
  }
}

/** Returns whether the time passed before the signal. */
const passed = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false);
