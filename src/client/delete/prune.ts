import { duration } from '../../job-spec/duration';
import type { Duration } from '../../job-spec/spec';
import { keys } from '../../records/keys';
import { sizeOfJob } from '../../records/removal';
import { type StoredJob, storedJobs } from '../../records/stored-jobs';
import { DamagedKeyError } from '../../store/store';
import { type Context, skippingDamaged } from '../context';
import { type Deleted, deleteInstance } from './delete';
import { type Obstacle, obstacle } from './delete-guards';

export interface PruneOptions {
  /** Jobs that ended longer ago than this, such as `30d`. */
  olderThan: Duration;
  /** Deletes their batches at the API too, by a worker. Default `false`. */
  batches?: boolean;
  /** Deletes nothing, and tells what would be. Default `false`. */
  dryRun?: boolean;
}

/** A job that is old enough, and what was, or would be, deleted of it. */
export interface Pruned extends Deleted {
  /** Tells jobs of one id apart. */
  instance: string;
  /** When its summary was written; where it has none, its spec. */
  ended: Date;
  /** Why it was kept; absent where it was not. */
  kept?: string;
}

/** Deletes the jobs of the store that ended long enough ago, and tells of each. */
export async function* prune(
  context: Context,
  { olderThan, batches = false, dryRun = false }: PruneOptions,
): AsyncGenerator<Pruned> {
  const before = Date.now() - duration(olderThan, 'olderThan');
  const { store } = context;
  const all: StoredJob[] = [];
  for await (const stored of storedJobs(store, skippingDamaged(context))) all.push(stored);
  for (const { job, begun } of all) {
    const ended = (await store.head(keys.summary(job)))?.modified ?? begun;
    if (ended.getTime() > before) continue;
    const listing = { job: job.id, instance: job.instance, ended };
    const found = await unlessDamaged(obstacle(context, job, all));
    if (found) yield { ...listing, files: 0, bytes: 0, batches: 0, kept: found.reason };
    else if (dryRun) yield { ...listing, ...(await sizeOfJob(store, job)), batches: 0 };
    else yield { ...listing, ...(await deleteInstance(context, job, batches)) };
  }
}

/** A job of which a file cannot be read is kept: it cannot be told what it may have bought. */
async function unlessDamaged(
  obstacle: Promise<Obstacle | undefined>,
): Promise<Pick<Obstacle, 'reason'> | undefined> {
  try {
    return await obstacle;
  } catch (error) {
    if (!(error instanceof DamagedKeyError)) throw error;
    return { reason: `${error.key} is damaged` };
  }
}
