import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandle } from '../../client/handle';
import type { JobSummary } from '../../job/job';
import { showProgress } from '../follow';

/** Follows the job to its end. Calls `midway` once all its batches are in flight. */
export async function carry(job: JobHandle, midway: () => Promise<void>): Promise<JobSummary> {
  const ended = new AbortController();
  const shown = showProgress(job, ended.signal);
  const disturbed = allInFlight(job, ended.signal).then(async (inFlight) => {
    if (inFlight) await midway();
  });
  try {
    const [summary] = await Promise.all([job.result(), disturbed]);
    return summary;
  } finally {
    ended.abort();
    await shown;
  }
}

/** Waits until every chunk has its batch. Returns `false` if the job ended first. */
async function allInFlight(job: JobHandle, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const progress = await job.progress().catch(() => undefined);
    if (progress?.state === 'running' && progress.batches >= progress.chunks.planned) return true;
    if (progress && /completed|failed|canceled/.test(progress.state)) return false;
    await sleep(500, undefined, { signal }).catch(() => {});
  }
  return false;
}
