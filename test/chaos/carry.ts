import { setTimeout as sleep } from 'node:timers/promises';
import { JobExistsError, type JobHandle, JobStateError } from 'temporal-anthropic-batch/client';
import type { JobRef } from '../../src/job/job';
import { TEMPLATE } from '../support/template';
import type { JobEnd } from './check-job';
import type { Figures } from './figures';
import type { PlannedJob } from './jobs';
import type { World } from './world';

/** A job between its start and its end. */
export interface LiveJob {
  plan: PlannedJob;
  ref: JobRef;
  handle: JobHandle;
  /** The job has ended and must not run again. */
  closed: boolean;
  /** Its chunks that were terminated alone. */
  cut: Set<number>;
  /** A person has requested a larger budget. */
  raised: boolean;
  /** When the pause ends, in milliseconds since 1970. */
  resumeAt?: number;
}

const ENDS: Record<string, JobEnd> = {
  COMPLETED: 'completed',
  CANCELLED: 'canceled',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  TERMINATED: 'terminated',
};

/**
 * Starts a job, and retries while something that it needs is down. Returns `undefined` if it did not start
 * before `wanted` ended.
 */
export async function startJob(
  world: World,
  plan: PlannedJob,
  { wanted, log }: { wanted: () => boolean; log: (message: string) => void },
): Promise<LiveJob | undefined> {
  while (wanted()) {
    try {
      const handle = await start(world, plan);
      return { plan, handle, ref: await handle.ref(), closed: false, cut: new Set(), raised: false };
    } catch (error) {
      log(`${plan.id} did not start: ${(error as Error).message}`);
      await sleep(500);
    }
  }
  return undefined;
}

async function start(world: World, { id, documents, terms, fate, ...options }: PlannedJob) {
  const { raise, ...money } = terms;
  try {
    return await world.batches.start({
      id,
      input: { documents: documents.map((document) => ({ id: document.id, text: document.text })) },
      template: TEMPLATE,
      ...options,
      ...money,
      ...(raise ? { onBudget: 'wait' } : {}),
      pollFloor: '1s',
      pollCeiling: '2s',
    });
  } catch (error) {
    if (error instanceof JobExistsError) return await world.batches.get(id);
    throw error;
  }
}

/** Cancels or terminates a job when its time has come. */
export async function meetFate(world: World, job: LiveJob, figures: Figures): Promise<void> {
  const { fate, id } = job.plan;
  if (fate.kind === 'finish') return;
  await sleep(fate.after);
  while (!job.closed) {
    try {
      if (fate.kind === 'cancel') await job.handle.cancel();
      else await world.client.workflow.getHandle(id).terminate('chaos');
      figures[fate.kind === 'cancel' ? 'cancels' : 'terminations'] += 1;
      return;
    } catch {
      await sleep(500);
    }
  }
}

/** Waits until a job has ended, across Resets. Returns `undefined` if it did not end in time. */
export async function untilEnded(
  world: World,
  job: LiveJob,
  figures: Figures,
  inTime: () => boolean,
): Promise<JobEnd | undefined> {
  for (let turn = 0; inTime(); turn += 1) {
    await sleep(700);
    const end = await endOf(world, job);
    if (end) {
      // A Reset in flight may have restarted it.
      job.closed = true;
      await sleep(700);
      const again = await endOf(world, job);
      if (again) return again;
      job.closed = false;
    }
    if (job.resumeAt !== undefined && job.resumeAt < Date.now()) await resume(job);
    if (turn % 8 === 7) await release(job, figures);
  }
  job.closed = true;
  return undefined;
}

async function endOf(world: World, { plan }: LiveJob): Promise<JobEnd | undefined> {
  try {
    const { status } = await world.client.workflow.getHandle(plan.id).describe();
    return ENDS[status.name];
  } catch {
    return undefined;
  }
}

async function resume(job: LiveJob): Promise<void> {
  const since = job.resumeAt;
  try {
    await job.handle.resume();
  } catch (error) {
    // The server is down. A job that is being canceled needs no resume.
    if (!(error instanceof JobStateError)) return;
  }
  // It may have been paused again meanwhile.
  if (job.resumeAt === since) job.resumeAt = undefined;
}

/** Resumes a held job, as a person would after checking that there is no batch. */
async function release(job: LiveJob, figures: Figures): Promise<void> {
  try {
    const { waiting } = await job.handle.progress();
    if (!waiting || !/resume the job/i.test(waiting)) return;
    await job.handle.resume();
    figures.held += 1;
  } catch {
    // The server is down, or the job has ended.
  }
}
