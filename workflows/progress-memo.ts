import { patched, upsertMemo } from '@temporalio/workflow';
import type { JobProgress } from '../src/job/job';
import { PROGRESS_MEMO } from '../src/job/names';

/**
 * Keeps how far a job is in its memo, where it is read without asking the workflow. A query does more than it should: Temporal's SDK (1.24.0)
 * answers it, on a worker that does not hold the workflow, by all that has happened so far, and the workflow task that is to come finds the workflow
 * ahead of it. What that then does is recorded in an order that no replay makes (TMPRL1100), and the job is stuck.
 */
export function progressMemo(): (progress: JobProgress) => void {
  let told = '';
  return (progress) => {
    if (!patched('progress-memo')) return;
    const text = JSON.stringify(progress);
    if (text === told) return;
    told = text;
    upsertMemo({ [PROGRESS_MEMO]: progress });
  };
}
