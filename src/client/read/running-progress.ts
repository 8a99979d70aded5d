import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { type ChunkMemo, nextPollOf } from '../../job/chunk-state';
import type { Control } from '../../job/control';
import type { JobProgress, JobSettings } from '../../job/job';
import { CHUNK_MEMO, PROGRESS_MEMO } from '../../job/names';
import { type LiveParts, withParts } from '../../job/parts';
import { runningParts } from '../../temporal/running-parts';

/** Workflows whose memos are read: more chunks than these are seldom in flight. */
const MOST = 1_000;

/**
 * How far a running job is, without a query: as its own memo says, with the memos of the segments and chunks that run.
 *
 * @param top the job's workflow
 * @param told what the job's memo says
 * @param control what people asked of the job: in force before its workflow has taken it
 */
export async function runningProgress(
  client: Client,
  top: WorkflowExecutionDescription,
  told: JobProgress,
  settings: JobSettings,
  control: Control,
): Promise<JobProgress> {
  const progress = withParts(told, await liveParts(client, top, settings));
  const maxUsd = control.maxUsd ?? told.maxUsd;
  if (told.state !== 'running' || progress.state === 'held') return { ...progress, maxUsd };
  // What is in force, whether or not a chunk has come to notice it.
  return { ...progress, maxUsd, state: control.paused ? 'paused' : 'running' };
}

async function liveParts(
  client: Client,
  top: WorkflowExecutionDescription,
  settings: JobSettings,
): Promise<LiveParts> {
  const parts: LiveParts = { chunks: [], segments: [] };
  const now = Date.now();
  for await (const { workflowId, memo } of runningParts(client, [top], MOST)) {
    if (workflowId === top.workflowId) continue;
    const chunk = memo?.[CHUNK_MEMO] as ChunkMemo | undefined;
    const segment = memo?.[PROGRESS_MEMO] as JobProgress | undefined;
    if (chunk) {
      const { phase, batches, reason } = chunk.state;
      parts.chunks.push({ phase, batches, reason, nextPoll: nextPollOf(chunk.state, now, settings) });
    } else if (segment) parts.segments.push(segment);
  }
  return parts;
}
