import type { Client } from '@temporalio/client';
import { type ChunkState, stateWith } from '../../job/chunk-state';
import type { JobState } from '../../job/job';
import { DOCUMENT_SET, MESSAGE_BATCH } from '../../job/names';
import { readControl } from '../../records/control';
import type { Store } from '../../store/store';
import { chunkOf, progressOf, undecodable } from '../../temporal/memos';
import { findStoredJob } from '../find-stored-job';
import type { JobListing } from '../types';

/**
 * Yields the jobs in Temporal, newest first. Uses only Temporal's list, which may lag by some moments. For a
 * job whose memo cannot be decoded, also uses the store.
 */
export async function* listJobs(client: Client, store: () => Promise<Store>): AsyncGenerator<JobListing> {
  let chunks: Map<string, ChunkState[]> | undefined;
  for await (const execution of client.workflow.list({ query: `WorkflowType = '${DOCUMENT_SET}'` })) {
    const { workflowId: id, status, startTime: startedAt, closeTime: closedAt, memo } = execution;
    const ended = ENDS[status.name];
    if (ended) {
      yield { id, state: ended, startedAt, closedAt };
      continue;
    }
    chunks ??= await runningChunks(client);
    const reported = progressOf({ memo })?.state;
    const unknown = undecodable({ memo }) !== undefined;
    const state = reported ?? (unknown ? await storedState(await store(), id) : 'planning');
    yield { id, state: stateWith(state, chunks.get(id) ?? []), startedAt };
  }
}

/** Returns the state of a running job as far as the store knows it. */
async function storedState(store: Store, id: string): Promise<JobState> {
  const job = await findStoredJob(store, id);
  return job && (await readControl(store, job)).paused ? 'paused' : 'running';
}

/** Returns the states that the running chunks of all jobs last reported, by job id. */
async function runningChunks(client: Client): Promise<Map<string, ChunkState[]>> {
  const chunks = new Map<string, ChunkState[]>();
  const query = `WorkflowType = '${MESSAGE_BATCH}' AND ExecutionStatus = 'Running'`;
  for await (const { memo } of client.workflow.list({ query })) {
    const chunk = chunkOf({ memo });
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
