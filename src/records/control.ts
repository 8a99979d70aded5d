import { afterRequest, type Control, type ControlRequest, NO_REQUESTS } from '../job/control';
import type { JobRef } from '../job/job';
import { createOnce, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** A stored control request, with the state after all requests up to it. */
interface StoredRequest {
  request: ControlRequest;
  control: Control;
  /** ISO 8601. */
  at: string;
}

/**
 * Returns the control state of a job. Lists its requests, of which there is one for each request of a person.
 */
export async function readControl(store: Store, job: JobRef): Promise<Control> {
  let last: string | undefined;
  for await (const { key } of store.list(keys.requestsOfJob(job))) last = key;
  return last === undefined ? NO_REQUESTS : (await readJson<StoredRequest>(store, last)).control;
}

/**
 * Records a request. Concurrent requests are ordered, and each is judged by the state that is then in force.
 *
 * @param judge throws if the request cannot be granted
 */
export async function recordRequest(
  store: Store,
  job: JobRef,
  request: ControlRequest,
  judge: (control: Control) => void,
): Promise<void> {
  for (;;) {
    const present = await readControl(store, job);
    judge(present);
    const { created } = await createOnce<StoredRequest>(store, keys.requestOfJob(job, present.requests), {
      request,
      control: afterRequest(present, request),
      at: new Date().toISOString(),
    });
    if (created) return;
  }
}
