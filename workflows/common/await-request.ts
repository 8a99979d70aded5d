import { type Control, readControlResult } from '../../src/job/control';
import type { JobRef } from '../../src/job/job';
import { requestStep } from './activity-proxies';

/**
 * Waits until people have asked more of a job than `seen` requests. A completion from outside carries nothing: what is in
 * force, the store says.
 */
export async function awaitRequest(job: JobRef, seen: number, summary: string): Promise<Control> {
  for (;;) {
    const result = await requestStep.anthropicAwaitRequest.executeWithOptions({ summary }, [{ job, seen }]);
    const control = readControlResult(result);
    if (control) return control;
  }
}
