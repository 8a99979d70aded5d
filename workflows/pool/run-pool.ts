import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { decidePool, NEW_POOL, type PoolCommand, type PoolEntry, type PoolPlan } from '../../src/job/pool';
import { Queue } from '../common/queue';

/** The operations of a pool on its parts. */
export interface PoolParts {
  /**
   * Carries a part to its end.
   *
   * @param started called each time a child of the part runs
   * @throws an error that fails the whole pool
   */
  carry(part: number, started: () => void): Promise<void>;
  /** Requests the cancellation of the part's child. */
  cancel(part: number): void;
  /** Checks whether the part's child still runs, and restarts it if not. */
  find(part: number): void;
  /** Shows the current state of the pool. */
  show(): void;
}

/**
 * Runs a pool of child workflows. One loop takes the events in order and carries out what `decidePool`
 * returns.
 *
 * @throws once every child has ended: the workflow's cancellation, or else the first failure of a part
 */
export async function runPool(plan: PoolPlan, parts: PoolParts): Promise<void> {
  const { cancelRequested, consideredCancelled } = CancellationScope.current();
  if (consideredCancelled) await cancelRequested;
  const queue = new Queue<PoolEntry>();
  let failure: { error: unknown } | undefined;
  cancelRequested.catch((error) => {
    failure = { error };
    queue.put({ kind: 'canceled' });
  });
  // Only the loop decides what a cancellation ends: the children, which then collect what they have bought.
  return CancellationScope.nonCancellable(async () => {
    let state = NEW_POOL;
    let check = new CancellationScope();
    const perform = (command: PoolCommand) => {
      if (command.kind === 'start') carry(command.part);
      else if (command.kind === 'wait') checkAfter(command.pause);
      else parts[command.kind](command.part);
    };
    const carry = (part: number) => {
      parts
        .carry(part, () => queue.put({ kind: 'started', part }))
        .then(
          () => queue.put({ kind: 'ended', part }),
          (error) => {
            failure ??= { error };
            queue.put({ kind: 'failed', part });
          },
        );
    };
    const checkAfter = (pause: number) => {
      check.cancel();
      check = new CancellationScope();
      check
        .run(() => sleep(pause, { summary: 'check on the children' }))
        .then(
          () => queue.put({ kind: 'time to check' }),
          (error) => {
            if (!isCancellation(error)) throw error;
          },
        );
    };
    for (let entry: PoolEntry = { kind: 'begun' }; ; entry = await queue.take()) {
      const decided = decidePool(plan, state, entry);
      state = decided.state;
      for (const command of decided.commands) perform(command);
      parts.show();
      if (state.running.size === 0) break;
    }
    check.cancel();
    if (failure) throw failure.error;
  });
}
