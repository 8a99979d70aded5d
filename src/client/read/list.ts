import type { Client } from '@temporalio/client';
import { type ChunkMemo, type ChunkState, stateWith } from '../../job/chunk-state';
import type { JobProgress, JobState } from '../../job/job';
import { CHUNK_MEMO, DOCUMENT_SET, MESSAGE_BATCH, PROGRESS_MEMO } from '../../job/names';
import type { JobListing } from '../types';

/** Yields the jobs in Temporal, newest first. Uses only Temporal's list, which may lag by some moments. */
export async function* listJobs(client: Client): AsyncGenerator<JobListing> {
  let chunks: Map<string, ChunkState[]> | undefined;
  for await (const execution of client.workflow.list({ query: `WorkflowType = '${DOCUMENT_SET}'` })) {
    const { workflowId: id, status, startTime: startedAt, closeTime: closedAt, memo } = execution;
    const ended = ENDS[status.name];
    if (ended) {
      yield { id, state: ended, startedAt, closedAt };
      continue;
    }
    chunks ??= await runningChunks(client);
    const progress = memo?.[PROGRESS_MEMO] as JobProgress | undefined;
    yield { id, state: stateWith(progress?.state ?? 'planning', chunks.get(id) ?? []), startedAt };
  }
}

/** Returns the states that the running chunks of all jobs last reported, by job id. */
async function runningChunks(client: Client): Promise<Map<string, ChunkState[]>> {
  const chunks = new Map<string, ChunkState[]>();
  const query = `WorkflowType = '${MESSAGE_BATCH}' AND ExecutionStatus = 'Running'`;
  for await (const { memo } of client.workflow.list({ query })) {
    const chunk = memo?.[CHUNK_MEMO] as ChunkMemo | undefined;
    if (!chunk) continue;
    const ofJob = chunks.get(chunk.job.id);
    if (ofJob) ofJob.push(chunk.state);
    else chunks.set(chunk.job.id, [chunk.state]);
  }
  return chunks;
}

const ENDS: Partial<Record<string, JobState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  TERMINATED: 'failed',
  CANCELLED: 'canceled',
};
