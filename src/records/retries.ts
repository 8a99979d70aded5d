import type { JobRef } from '../job/job';
import { createOnce, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/**
 * A job that retries another one. It owns the failed documents of that job, and no other job may send them.
 */
export type RetryClaim = Pick<JobRef, 'id' | 'instance'>;

/**
 * Returns the claims on the failed documents of a job, oldest first. The newest one owns them: a claim has a
 * successor only if its job had sent nothing, and its job can send nothing from then on. The job itself is
 * fenced by any of them.
 */
export async function retryClaims(store: Store, of: RetryClaim): Promise<RetryClaim[]> {
  const claims: RetryClaim[] = [];
  for await (const { key } of store.list(keys.retries(of))) {
    const { id, instance } = await readJson<RetryClaim>(store, key);
    claims.push({ id, instance });
  }
  return claims;
}

/** Creates claim number `number`. @returns whether this call created it; of concurrent calls only one does */
export async function claimRetry(
  store: Store,
  of: RetryClaim,
  number: number,
  { id, instance }: RetryClaim,
): Promise<boolean> {
  return (await createOnce(store, keys.retry(of, number), { id, instance })).created;
}
