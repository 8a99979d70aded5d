import { duration } from '../../job-spec/duration';
import type { Duration } from '../../job-spec/spec';
import { summaryWritten } from '../../records/chunk-results';
import { sizeOfJob } from '../../records/removal';
import { type StoredJob, storedJobs } from '../../records/stored-jobs';
import { DamagedKeyError } from '../../store/store';
import { type Context, skippingDamaged } from '../context';
import { type Deleted, deleteInstance } from './delete';
import { type Obstacle, obstacle } from './delete-guards';

/** The options of `BatchClient.prune`. */
export interface PruneOptions {
  /** The minimum time since a job ended, such as `30d`. */
  olderThan: Duration;
  /** Also deletes their batches at the API, through a worker. Default `false`. */
  batches?: boolean;
  /** Deletes nothing, and yields what would be deleted. Default `false`. */
  dryRun?: boolean;
}

/** A job that is old enough to be deleted, and what was or would be deleted of it. */
export interface Pruned extends Deleted {
  /** The instance, which distinguishes jobs with the same id. */
  instance: string;
  /** The time when its summary was written, or its spec if it has no summary. */
  ended: Date;
  /** The reason why it was kept. Absent if it was deleted. */
  kept?: string;
}

/** Deletes the jobs of the store that ended long enough ago, and yields each. */
export async function* prune(
  context: Context,
  { olderThan, batches = false, dryRun = false }: PruneOptions,
): AsyncGenerator<Pruned> {
  const before = Date.now() - duration(olderThan, 'olderThan');
  const { store } = context;
  const all: StoredJob[] = [];
  for await (const stored of storedJobs(store, skippingDamaged(context))) all.push(stored);
  for (const { job, begun } of all) {
    const ended = (await summaryWritten(store, job)) ?? begun;
    if (ended.getTime() > before) continue;
    const listing = { job: job.id, instance: job.instance, ended };
    const kept = ({ reason }: Pick<Obstacle, 'reason'>) => {
      return { ...listing, files: 0, bytes: 0, batches: 0, kept: reason };
    };
    const check = () => unlessDamaged(obstacle(context, job));
    const found = await check();
    if (found) yield kept(found);
    else if (dryRun) yield { ...listing, ...(await sizeOfJob(store, job)), batches: 0 };
    else {
      const deleted = await deleteInstance(context, job, batches, check);
      yield 'reason' in deleted ? kept(deleted) : { ...listing, ...deleted };
    }
  }
}

/** Keeps a job with an unreadable file, because what it may have bought is unknown. */
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
