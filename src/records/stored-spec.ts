import type { JobRef } from '../job/job';
import type { NormalizedSpec } from '../job-spec/spec';
import { putJson, readJson } from '../store/json';
import { type Store, StoreError } from '../store/store';
import { keys } from './keys';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/**
 * Writes a job's spec. The spec is immutable: a job that is started twice keeps the first.
 *
 * @throws {KeyExistsError} if the job has a spec
 */
export async function writeSpec(store: Store, job: Folder, spec: NormalizedSpec): Promise<void> {
  await putJson(store, keys.spec(job), spec, { ifAbsent: true });
}

/** The job was started by a release with another spec format. */
export class SpecVersionError extends StoreError {
  override readonly name = 'SpecVersionError';
  override readonly code = 'SPEC_VERSION';
}

const VERSION = 1;

/**
 * Returns a job's spec from the store.
 *
 * @throws {KeyNotFoundError} if the job is not in this store
 * @throws {SpecVersionError}
 */
export async function readSpec(store: Store, job: Folder): Promise<NormalizedSpec> {
  const key = keys.spec(job);
  const spec = await readJson<NormalizedSpec>(store, key);
  if (spec.version !== VERSION) {
    throw new SpecVersionError(
      `The spec ${key} in the store ${store.location} has version ${spec.version}; this release reads ` +
        `${VERSION}. ` +
        'Run workers and clients of the release that started the job, or of a newer one.',
      key,
    );
  }
  return spec;
}
