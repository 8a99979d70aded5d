import { setTimeout as sleep } from 'node:timers/promises';
import type { ReconcileOptions } from 'temporal-anthropic-batch/client';
import type { World } from './world';

/**
 * Milliseconds of one wait for a reconciliation. If its workflow is disturbed, the waiting client gets no
 * notice.
 */
const END_TIMEOUT = 30_000;

interface Bringing {
  inTime: () => boolean;
  log: (message: string) => void;
}

/**
 * Reconciles a job that left something open, or all of them, as their owner would. Retries while something
 * that it needs is down.
 *
 * @returns whether it succeeded
 */
export async function reconcile(
  { batches }: World,
  options: ReconcileOptions,
  { inTime, log }: Bringing,
): Promise<boolean> {
  while (inTime()) {
    try {
      const started = await batches.reconcile(options);
      await Promise.all(started.map((each) => each.result({ signal: AbortSignal.timeout(END_TIMEOUT) })));
      return true;
    } catch (error) {
      log(`${options.job ?? 'what jobs left open'} is not reconciled yet: ${(error as Error).message}`);
      await sleep(1_000);
    }
  }
  return false;
}
