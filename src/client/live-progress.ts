import type { Client } from '@temporalio/client';
import { type ChunkMemo, nextPollOf } from '../job/chunk-state';
import type { Control } from '../job/control';
import type { JobProgress, JobRef, JobSettings } from '../job/job';
import { CHUNK_MEMO, MESSAGE_BATCH, PROGRESS_MEMO, SEGMENT } from '../job/names';
import { type LiveChunk, type LiveParts, withParts } from '../job/parts';

/**
 * How far a running job is, without a query: as its own memo says, with the memos of the segments and chunks that run. Temporal's
 * list of workflows lags behind by a moment.
 *
 * @param told what the job's memo says
 * @param control what people asked of the job: in force before its workflow has taken it
 */
export async function liveProgress(
  client: Client,
  told: JobProgress,
  settings: JobSettings,
  control: Control,
): Promise<JobProgress> {
  const parts = await runningParts(client, told.job, settings);
  const progress = withParts(told, parts);
  const maxUsd = control.maxUsd ?? told.maxUsd;
  if (told.state !== 'running' || progress.state === 'held') return { ...progress, maxUsd };
  // What is in force, whether or not a chunk has come to notice it.
  return { ...progress, maxUsd, state: control.paused ? 'paused' : 'running' };
}

async function runningParts(client: Client, job: JobRef, settings: JobSettings): Promise<LiveParts> {
  const parts: LiveParts = { chunks: [], segments: [] };
  const types = `WorkflowType IN ('${MESSAGE_BATCH}', '${SEGMENT}')`;
  const query = `${types} AND ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH ${quotedId(`${job.id}/`)}`;
  const now = Date.now();
  for await (const { memo } of client.workflow.list({ query })) {
    const chunk = memo?.[CHUNK_MEMO] as ChunkMemo | undefined;
    const segment = memo?.[PROGRESS_MEMO] as JobProgress | undefined;
    // Jobs whose ids begin alike, and earlier jobs of the same id, have parts of their own.
    if (chunk?.job.instance === job.instance) {
      const { phase, batches, reason } = chunk.state;
      const live: LiveChunk = { phase, batches, reason, nextPoll: nextPollOf(chunk.state, now, settings) };
      parts.chunks.push(live);
    } else if (segment?.job.instance === job.instance) parts.segments.push(segment);
  }
  return parts;
}

/** A string of Temporal's list filter. */
const quotedId = (id: string) => `'${id.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
