import { type Control, readControlResult } from '../../src/job/control';
import type { JobRef } from '../../src/job/job';
import { requestStep } from './activity-proxies';

/**
 * Waits until a job has more than `seen` control requests. A completion from outside carries no data: the
 * store decides what applies.
 */
export async function awaitRequest(job: JobRef, seen: number, summary: string): Promise<Control> {
  for (;;) {
    const result = await requestStep.anthropicAwaitRequest.executeWithOptions({ summary }, [{ job, seen }]);
    const control = readControlResult(result);
    if (control) return control;
  }
}
