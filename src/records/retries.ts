import type { JobRef } from '../job/job';
import { createOnce, findJson, putJsonIfAbsent, readJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/**
 * A job that retries another one. It owns the failed documents of that job, and no other job may send them.
 */
export type RetryClaim = Pick<JobRef, 'id' | 'instance'>;

/**
 * Returns the claims on the failed documents of a job, oldest first. The newest one owns them: a claim has a
 * successor only if its job had sent nothing, and its job sends nothing once it is replaced. The job itself
 * is fenced by any of them.
 */
export async function retryClaims(store: Store, of: JobRef): Promise<RetryClaim[]> {
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
  of: JobRef,
  number: number,
  { id, instance }: RetryClaim,
): Promise<boolean> {
  return (await createOnce(store, keys.retry(of, number), { id, instance })).created;
}

/**
 * Records in a retry that had sent nothing that another one replaces it. Call before the ledger of the
 * replaced one is read: a worker that is about to send for it writes its intent first and reads the record
 * then, so one of the two sees the other. The record lies with the replaced retry, so it outlives the job
 * that both retry.
 */
export async function replaceRetry(store: Store, replaced: RetryClaim, by: RetryClaim): Promise<void> {
  // The server refused it, or it was deleted.
  if (!(await store.head(keys.spec(replaced)))) return;
  const { id, instance } = by;
  await putJsonIfAbsent(store, keys.replaced(replaced), { id, instance });
}

/** Returns the retry that replaced this one, if one did. */
export function replacedBy(store: Store, retry: RetryClaim): Promise<RetryClaim | undefined> {
  return findJson<RetryClaim>(store, keys.replaced(retry));
}
