import type { JobRef } from '../job/job';
import { putJson, readJson } from '../store/json';
import { keys } from '../store/keys';
import type { Store } from '../store/store';
import type { NormalizedSpec } from './spec';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/**
 * Writes a job's spec, which is immutable: a job that was started twice keeps its first.
 *
 * @throws {KeyExistsError} when the job has one.
 */
export async function writeSpec(store: Store, job: Folder, spec: NormalizedSpec): Promise<void> {
  await putJson(store, keys.spec(job), spec, { ifAbsent: true });
}

/**
 * A job's spec as the store has it.
 *
 * @throws {KeyNotFoundError} for a job that is not in this store.
 */
export async function readSpec(store: Store, job: Folder): Promise<NormalizedSpec> {
  const key = keys.spec(job);
  const spec = await readJson<NormalizedSpec>(store, key);
  if (spec.version !== 1) {
    throw new Error(
      `The spec ${key} in ${store.location} has version ${spec.version}; this release reads 1.`,
    );
  }
  return spec;
}
