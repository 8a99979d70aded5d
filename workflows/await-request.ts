import type { Control } from '../src/job/control';
import type { JobRef } from '../src/job/job';
import { requestStep } from './steps';

/**
 * Waits until people have asked more of a job than `seen` requests. A completion from outside carries nothing: what is in
 * force, the store says.
 */
export async function awaitRequest(job: JobRef, seen: number, summary: string): Promise<Control> {
  for (;;) {
    const control = await requestStep.anthropicAwaitRequest.executeWithOptions({ summary }, [{ job, seen }]);
    if (control) return control;
  }
}
