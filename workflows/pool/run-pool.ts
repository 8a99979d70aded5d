import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { decidePool, NEW_POOL, type PoolCommand, type PoolEntry, type PoolPlan } from '../../src/job/pool';
import { Queue } from '../common/queue';

/** What a pool does to its parts. */
export interface PoolParts {
  /**
   * Takes a part to its end.
   *
   * @param started is called each time when a child of it runs.
   * @throws what then fails the whole pool.
   */
  carry(part: number, started: () => void): Promise<void>;
  /** Asks the part's child to end. */
  cancel(part: number): void;
  /** Finds out whether the part's child still runs, and starts it anew if not. */
  find(part: number): void;
  /** Shows the pool as it is now. */
  show(): void;
}

/**
 * Works through a pool of child workflows: one loop takes what happened, in order, and carries out what `decidePool` says.
 *
 * @throws the cancellation of the workflow once every child has ended; else the first failure of a part, likewise.
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
  // The loop alone says what a cancellation ends: the children, which then bring what they have bought to its end.
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
