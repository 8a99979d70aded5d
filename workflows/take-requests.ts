import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Control } from '../src/job/control';
import type { JobRef } from '../src/job/job';
import { awaitRequest } from './await-request';

/**
 * Takes what people ask of a job while it runs. It waits in an activity, so that each request is an event like any other, and
 * has its place in the order of the history; a signal or an update would not.
 *
 * @param take is called with what is in force, each time there is more.
 */
export function takeRequests(job: JobRef, take: (control: Control) => void): { cancel(): void } {
  const scope = new CancellationScope();
  scope
    .run(async () => {
      for (let seen = 0; ; ) {
        const control = await awaitRequest(job, seen, 'wait for requests: pause, resume, a larger budget');
        seen = control.requests;
        take(control);
      }
    })
    .catch((error) => {
      if (!isCancellation(error)) throw error;
    });
  return { cancel: () => scope.cancel() };
}
