import type { JobRef } from '../job/job';
import { decodeSegment, encodeSegment } from '../store/encode';
import { storeId } from '../store/identity';
import { findJson } from '../store/json';
import { keys } from '../store/keys';
import type { Store } from '../store/store';
import type { NormalizedSpec } from './spec';

/** A job as the store has it. */
export interface StoredJob {
  job: JobRef;
  spec: NormalizedSpec;
  /** When its spec was written. */
  begun: Date;
}

/** The jobs of the store, or those of one id, oldest first among those of an id. */
export async function* storedJobs(store: Store, jobId?: string): AsyncGenerator<StoredJob> {
  const own = await storeId(store);
  const names = jobId === undefined ? store.folders(keys.jobs) : [encodeSegment(jobId)];
  for await (const name of names) {
    const found: StoredJob[] = [];
    for await (const folder of store.folders(keys.instancesIn(name))) {
      const instance = decodeSegment(folder);
      const entry = instance === undefined ? undefined : await store.head(keys.specIn(name, folder));
      if (instance === undefined || !entry) continue;
      const spec = await findJson<NormalizedSpec>(store, entry.key);
      // A folder's name is only an encoding of the id: the spec holds the exact one.
      if (!spec || (jobId !== undefined && spec.id !== jobId)) continue;
      found.push({ job: { id: spec.id, instance, store: own }, spec, begun: entry.modified });
    }
    // Instances of one second sort by name.
    yield* found.sort(
      (a, b) => a.begun.getTime() - b.begun.getTime() || (a.job.instance < b.job.instance ? -1 : 1),
    );
  }
}
