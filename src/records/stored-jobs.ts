import type { JobRef } from '../job/job';
import type { NormalizedSpec } from '../job-spec/spec';
import { findJson } from '../store/json';
import { DamagedKeyError, type Store } from '../store/store';
import { decodeSegment, encodeSegment } from './encode';
import { storeId } from './identity';
import { keys } from './keys';

/** A job in the store. */
export interface StoredJob {
  job: JobRef;
  spec: NormalizedSpec;
  /** When its spec was written. */
  begun: Date;
}

export interface StoredJobsOptions {
  /** Only jobs with this id. */
  id?: string;
  /** Called for a job whose spec is damaged, which is then skipped. Default: the error is thrown. */
  onDamaged?: (error: DamagedKeyError) => void;
}

/**
 * Yields the jobs of the store. Those with the same id are oldest first.
 *
 * @throws {DamagedKeyError}
 */
export async function* storedJobs(
  store: Store,
  { id: jobId, onDamaged }: StoredJobsOptions = {},
): AsyncGenerator<StoredJob> {
  const own = await storeId(store);
  const names = jobId === undefined ? store.folders(keys.jobs) : [encodeSegment(jobId)];
  for await (const name of names) {
    const found: StoredJob[] = [];
    for await (const folder of store.folders(keys.instancesIn(name))) {
      const instance = decodeSegment(folder);
      if (instance === undefined) continue;
      const stored = await findSpec(store, keys.specIn(name, folder), onDamaged);
      // A folder's name is only an encoding of the id. The spec has the exact id.
      if (!stored || (jobId !== undefined && stored.spec.id !== jobId)) continue;
      const { spec, begun } = stored;
      found.push({ job: { id: spec.id, instance, store: own }, spec, begun });
    }
    // Instances of the same second sort by name.
    yield* found.sort(
      (a, b) => a.begun.getTime() - b.begun.getTime() || (a.job.instance < b.job.instance ? -1 : 1),
    );
  }
}

async function findSpec(
  store: Store,
  key: string,
  onDamaged: StoredJobsOptions['onDamaged'],
): Promise<Pick<StoredJob, 'spec' | 'begun'> | undefined> {
  const entry = await store.head(key);
  if (!entry) return undefined;
  try {
    const spec = await findJson<NormalizedSpec>(store, key);
    if (!spec) return undefined;
    if (typeof spec.id === 'string' && spec.source) return { spec, begun: entry.modified };
    throw new DamagedKeyError(store, key, 'it is not the spec of a job');
  } catch (error) {
    if (!onDamaged || !(error instanceof DamagedKeyError)) throw error;
    onDamaged(error);
    return undefined;
  }
}
