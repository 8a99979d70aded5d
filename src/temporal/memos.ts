import type { WorkflowExecutionDescription } from '@temporalio/client';
import { type ChunkMemo, readChunkState } from '../job/chunk-state';
import type { JobRef, ReportedProgress } from '../job/job';
import { CHUNK_MEMO, JOB_MEMO, PROGRESS_MEMO } from '../job/names';
import { readReason } from '../job/reason';

type Described = Pick<WorkflowExecutionDescription, 'memo'>;

/** Returns the job that a workflow's memo names. */
export function memoOf({ memo }: Described): JobRef | undefined {
  return memo?.[JOB_MEMO] as JobRef | undefined;
}

/**
 * Returns the progress that the memo of a job or a segment holds, or `undefined` before its first workflow
 * task. Omits a reason that this version does not know.
 */
export function progressOf({ memo }: Described): ReportedProgress | undefined {
  const reported = memo?.[PROGRESS_MEMO] as ReportedProgress | undefined;
  return reported && { ...reported, reason: readReason(reported.reason) };
}

/** Returns what the memo of a chunk holds, or `undefined` if this version cannot read it. */
export function chunkOf({ memo }: Described): ChunkMemo | undefined {
  const reported = memo?.[CHUNK_MEMO] as ChunkMemo | undefined;
  const state = readChunkState(reported?.state);
  return reported && state && { ...reported, state };
}
