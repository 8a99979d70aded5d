import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { stuckMessage, stuckWorkflows } from '../client/temporal/stuck';
import { failureMessage } from '../job/failure';
import { DOCUMENT_SET, RECONCILE_JOB } from '../job/names';
import { memoOf } from '../temporal/at-temporal';

const FIRST = 30_000;
const EVERY = 5 * 60_000;

export interface StuckWatch {
  client: Client;
  taskQueue: string;
  warn: (message: string) => void;
  /** Ends the watch. */
  signal: AbortSignal;
  /** Milliseconds until the first look, and between two. */
  times?: { first: number; every: number };
}

/**
 * Looks every five minutes for stuck workflows among the jobs of a worker's task queue, and warns of each. A worker does not notice by itself: of the
 * attempts of a workflow task the SDK logs the first failure alone.
 */
export async function watchForStuck(watch: StuckWatch): Promise<void> {
  const { warn, signal, times = { first: FIRST, every: EVERY } } = watch;
  for (let pause = times.first; await passed(pause, signal); pause = times.every) {
    try {
      await look(watch);
    } catch (error) {
      if (!signal.aborted) warn(`Whether workflows are stuck cannot be seen: ${failureMessage(error)}`);
    }
  }
}

async function look({ client, taskQueue, warn, signal }: StuckWatch): Promise<void> {
  const query =
    `TaskQueue = ${quotedForList(taskQueue)} AND ExecutionStatus = 'Running' ` +
    `AND WorkflowType IN ('${DOCUMENT_SET}', '${RECONCILE_JOB}')`;
  for await (const execution of client.workflow.list({ query })) {
    const { workflowId } = execution;
    for (const stuck of await stuckWorkflows(client, [workflowId])) {
      if (signal.aborted) return;
      warn(stuckMessage(memoOf(execution)?.id ?? workflowId, stuck));
    }
  }
}

const quotedForList = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;

/** Whether the time passed before the signal came. */
const passed = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal, ref: false }).catch(() => false);
