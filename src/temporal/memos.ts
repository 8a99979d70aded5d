import type { WorkflowExecutionDescription } from '@temporalio/client';
import { type ChunkMemo, readChunkState } from '../job/chunk-state';
import type { JobRef, ReportedProgress } from '../job/job';
import { CHUNK_MEMO, JOB_MEMO, PROGRESS_MEMO } from '../job/names';
import { readReason } from '../job/reason';
import { Undecodable } from './lenient-client';

type Described = Pick<WorkflowExecutionDescription, 'memo'>;

/** Returns the job that a workflow's memo names, or `undefined` if the memo cannot be decoded. */
export function memoOf(described: Described): JobRef | undefined {
  return readMemo<JobRef>(described, JOB_MEMO);
}

/**
 * Returns the progress that the memo of a job or a segment holds, or `undefined` before its first workflow
 * task and if it cannot be decoded. Omits a reason that this version does not know.
 */
export function progressOf(described: Described): ReportedProgress | undefined {
  const reported = readMemo<ReportedProgress>(described, PROGRESS_MEMO);
  return reported && { ...reported, reason: readReason(reported.reason) };
}

/** Returns what the memo of a chunk holds, or `undefined` if this version cannot read it. */
export function chunkOf(described: Described): ChunkMemo | undefined {
  const reported = readMemo<ChunkMemo>(described, CHUNK_MEMO);
  const state = readChunkState(reported?.state);
  return reported && state && { ...reported, state };
}

/** Returns why the memo of a workflow cannot be decoded, or `undefined` if it can. */
export function undecodable({ memo }: Described): string | undefined {
  const found = Object.values(memo ?? {}).find((value) => value instanceof Undecodable);
  return found?.reason;
}

function readMemo<T>({ memo }: Described, name: string): T | undefined {
  const value = memo?.[name];
  if (!(value instanceof Undecodable)) return value as T | undefined;
  value.report();
  return undefined;
}
