import type { JobRef } from '../job/job';
import { createOnce, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** A job that retries another: it has the failed documents of that one, and no other job may send them. */
export type RetryClaim = Pick<JobRef, 'id' | 'instance'>;

/** The claims on the failed documents of a job, oldest first: one is followed by another when its job came to nothing. */
export async function retryClaims(store: Store, of: JobRef): Promise<RetryClaim[]> {
  const claims: RetryClaim[] = [];
  for await (const { key } of store.list(keys.retries(of))) {
    const { id, instance } = await readJson<RetryClaim>(store, key);
    claims.push({ id, instance });
  }
  return claims;
}

/** Claims them as the so-many-th. @returns whether this call did: of any number at the same time one does. */
export async function claimRetry(
  store: Store,
  of: JobRef,
  number: number,
  { id, instance }: RetryClaim,
): Promise<boolean> {
  return (await createOnce(store, keys.retry(of, number), { id, instance })).created;
}
