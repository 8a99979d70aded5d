import { CancelledFailure } from '@temporalio/common';
import { isCancellation } from '@temporalio/workflow';

/** What ended a child while its parent was being canceled, which is not that it was terminated, say, at the same time. */
export function cancellation(error: unknown): unknown {
  if (isCancellation(error)) return error;
  return new CancelledFailure('It was being canceled when a part of it failed.', [], error as Error);
}
