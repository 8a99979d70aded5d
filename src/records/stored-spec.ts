import type { JobRef } from '../job/job';
import type { NormalizedSpec } from '../job-spec/spec';
import { putJson, readJson } from '../store/json';
import { type Store, StoreError } from '../store/store';
import { keys } from './keys';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/**
 * Writes a job's spec, which is immutable: a job that was started twice keeps its first.
 *
 * @throws {KeyExistsError} when the job has one.
 */
export async function writeSpec(store: Store, job: Folder, spec: NormalizedSpec): Promise<void> {
  await putJson(store, keys.spec(job), spec, { ifAbsent: true });
}

/** A job of a release that writes its spec in another way. */
export class SpecVersionError extends StoreError {
  override readonly name = 'SpecVersionError';
}

const VERSION = 1;

/**
 * A job's spec as the store has it.
 *
 * @throws {KeyNotFoundError} for a job that is not in this store.
 * @throws {SpecVersionError}
 */
export async function readSpec(store: Store, job: Folder): Promise<NormalizedSpec> {
  const key = keys.spec(job);
  const spec = await readJson<NormalizedSpec>(store, key);
  if (spec.version !== VERSION) {
    throw new SpecVersionError(
      `The spec ${key} in the store ${store.location} has version ${spec.version}; this release reads ${VERSION}. ` +
        'Bring the workers and clients to the release that the job was started with, or a newer one.',
      key,
    );
  }
  return spec;
}
