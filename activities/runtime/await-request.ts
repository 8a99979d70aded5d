import { CompleteAsyncError } from '@temporalio/activity';
import type { AwaitRequestInput } from '../../src/job/activity-types';
import type { Control } from '../../src/job/control';
import { readControl } from '../../src/records/control';
import { onJob } from './context';
import type { ActivityDeps } from './deps';

/**
 * Waits until there are more control requests for a job than the workflow knows. The wait holds no slot of
 * the worker: the client that records a request completes the activity from outside with no result, and the
 * workflow calls again. A lost completion only costs time: the attempt times out, and the next one reads the
 * store.
 */
export function createAwaitRequest(deps: ActivityDeps) {
  return async function anthropicAwaitRequest(input: AwaitRequestInput): Promise<Control | undefined> {
    const control = await onJob(deps, input, () => readControl(deps.store, input.job));
    if (control.requests > input.seen) return control;
    throw new CompleteAsyncError();
  };
}
