import { setTimeout as sleep } from 'node:timers/promises';
import type { ReconcileOptions } from 'temporal-anthropic-batch/client';
import type { World } from './world';

/** So long a reconciliation is waited for at a time: what befalls its workflow nobody tells whoever waits. */
const PATIENCE = 30_000;

interface Bringing {
  inTime: () => boolean;
  log: (message: string) => void;
}

/**
 * Has a job reconciled that left something open, or all of them, as their owner does: over and over while what that needs is away.
 *
 * @returns whether it is done.
 */
export async function bringHome(
  { batches }: World,
  options: ReconcileOptions,
  { inTime, log }: Bringing,
): Promise<boolean> {
  while (inTime()) {
    try {
      const started = await batches.reconcile(options);
      await Promise.all(started.map((each) => each.result({ signal: AbortSignal.timeout(PATIENCE) })));
      return true;
    } catch (error) {
      log(`${options.job ?? 'what jobs left open'} is not brought home yet: ${(error as Error).message}`);
      await sleep(1_000);
    }
  }
  return false;
}
