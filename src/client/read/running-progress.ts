import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { inFlightOf, nextPollOf } from '../../job/chunk-state';
import type { Control } from '../../job/control';
import type { JobProgress, JobRef, JobSettings, ReportedProgress } from '../../job/job';
import { MESSAGE_BATCH } from '../../job/names';
import { type LiveParts, withParts } from '../../job/parts';
import { readControl } from '../../records/control';
import { readSpec } from '../../records/stored-spec';
import { chunkOf, progressOf } from '../../temporal/memos';
import { runningParts } from '../../temporal/running-parts';
import type { Context } from '../context';
import { storedProgress } from './progress';

/** The most workflows whose memos are read. More chunks are seldom in flight. */
const MOST = 1_000;

/**
 * Returns a running job's progress from its own memo and the memos of its running segments and chunks.
 * Queries no workflow.
 *
 * @param top the job's workflow
 * @param reported the progress in the job's memo
 * @param control the recorded requests for the job, which apply before its workflow has processed them
 */
export async function runningProgress(
  client: Client,
  top: WorkflowExecutionDescription,
  reported: ReportedProgress,
  settings: JobSettings,
  control: Control,
): Promise<JobProgress> {
  const progress = withParts(reported, await liveParts(client, top, settings));
  const maxUsd = control.maxUsd ?? reported.maxUsd;
  if (reported.state !== 'running' || progress.state === 'held') return { ...progress, maxUsd };
  // A recorded pause applies even if no chunk has noticed it yet.
  return { ...progress, maxUsd, state: control.paused ? 'paused' : 'running' };
}

/**
 * Returns a running job's progress if its memo cannot be decoded: what the store has of it, and the number of
 * its running chunks.
 */
export async function undecodedProgress(
  { client, store }: Context,
  top: WorkflowExecutionDescription,
  job: JobRef,
): Promise<JobProgress> {
  const { settings } = await readSpec(store, job);
  const { paused, maxUsd = settings.maxUsd } = await readControl(store, job);
  const progress = await storedProgress(store, job, paused ? 'paused' : 'running');
  for await (const { type } of runningParts(client, [top], MOST)) {
    if (type === MESSAGE_BATCH) progress.chunks.running += 1;
  }
  return { ...progress, maxUsd };
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
    const chunk = chunkOf({ memo });
    const segment = progressOf({ memo });
    if (chunk) {
      const { phase, batches, reason } = chunk.state;
      const nextPoll = nextPollOf(chunk.state, now, settings);
      parts.chunks.push({ phase, batches, reason, nextPoll, inFlight: inFlightOf(chunk.state) });
    } else if (segment) parts.segments.push(segment);
  }
  return parts;
}
