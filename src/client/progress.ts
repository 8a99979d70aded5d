import type { JobProgress, JobRef, JobSummary } from '../job/job';

/** The progress of a job that has ended. */
export function endedProgress(summary: JobSummary): JobProgress {
  const { job, state, documents, succeeded, failed, chunks, batches, rounds } = summary;
  return {
    job,
    state,
    documents,
    done: documents,
    succeeded,
    failed,
    chunks: { planned: chunks, running: 0, done: chunks },
    batches,
    rounds,
  };
}

/** The progress of a job that has ended and left no word of how far it came. */
export function unreported(job: JobRef, state: JobSummary['state']): JobProgress {
  return {
    job,
    state,
    documents: 0,
    done: 0,
    succeeded: 0,
    failed: 0,
    chunks: { planned: 0, running: 0, done: 0 },
    batches: 0,
    rounds: 0,
  };
}
