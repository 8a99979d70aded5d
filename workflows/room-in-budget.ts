import { condition, isCancellation } from '@temporalio/workflow';
import type { SetState } from './set-state';

/**
 * Tells chunks that wait for room in a budget when there may be some: the first of them whenever a chunk has ended, and the
 * next one once that has it. To tell all of them each time would cost the job's history a multiple of what its chunks do.
 *
 * @param ended how many chunks have ended
 */
export function tellOfRoom(set: SetState, ended: () => number, tell: (chunk: number) => Promise<void>): void {
  const telling = async () => {
    let seen = 0;
    const again = () => ended() > seen;
    for (;;) {
      await condition(() => set.overBudget !== undefined && again());
      seen = ended();
      for (let first = set.overBudget; first !== undefined && !again(); first = set.overBudget) {
        const told = first;
        await tell(told);
        await condition(() => set.overBudget !== told || again());
      }
    }
  };
  telling().catch((error) => {
    if (!isCancellation(error)) throw error;
  });
}
