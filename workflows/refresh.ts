import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { nextPoll, type PollTimes } from '../src/job/poll';

/**
 * Renders a job's details anew at the pace at which its batches are polled: between two messages of its chunks nothing else
 * would move the next poll in the table. A day of it is some 130 timers.
 */
export function refresh(times: PollTimes, show: () => void): { cancel(): void } {
  const scope = new CancellationScope();
  const since = Date.now();
  scope
    .run(async () => {
      for (;;) {
        await sleep(nextPoll(since, Date.now(), times) - Date.now(), { summary: 'refresh the details' });
        show();
      }
    })
    .catch((error) => {
      if (!isCancellation(error)) throw error;
    });
  return { cancel: () => scope.cancel() };
}
