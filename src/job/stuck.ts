/** How a workflow task ended, as the history has it; `at` in milliseconds since the epoch. */
export type TaskEnd =
  | { kind: 'completed'; event: number }
  | { kind: 'failed'; event: number; at: number; cause: number; message: string }
  | { kind: 'timed out'; event: number; at: number; timeout: number };

/**
 * Why a workflow's task fails: `replay`, a replay of its history makes other commands than those recorded; `error`, its code throws or the
 * server refuses its commands; `timeout`, no worker finishes it in time.
 */
export type StuckReason = 'replay' | 'error' | 'timeout';

/** What is known of a workflow task that fails again and again. */
export interface TaskFailures {
  reason: StuckReason;
  /** Failures in a row, at least: the server does not record each. */
  failures: number;
  /** Time of the first of them, ISO 8601. */
  since: string;
  /** The message of the latest one that the history holds. */
  message: string;
}

/** A workflow that stands still because its workflow task fails again and again. */
export interface StuckWorkflow extends TaskFailures {
  /** Its workflow id: the job's, or that of a chunk or a segment of it. */
  workflow: string;
  run: string;
}

/** Failures in a row from which on a workflow counts as stuck. One or two may be a worker that dies or is being replaced. */
const MANY = 3;

/** Temporal's `WorkflowTaskFailedCause` and `TimeoutType`. */
const NONDETERMINISM = 24;
const START_TO_CLOSE = 1;

/**
 * Causes that say nothing about the workflow's code: news that came while the task ran, a worker that left its own queue, a command
 * that closed the workflow from outside, a Reset.
 */
const HARMLESS: ReadonlySet<number> = new Set([1, 13, 17, 18, 20]);

/**
 * Decides whether a workflow is stuck.
 *
 * @param ends how its workflow tasks ended since the last that was completed, newest first
 * @param attempt the attempt of the task that is pending. The server counts from 1 again with every new event, and records only the first failure of a
 *   count; the SDK lets later attempts time out
 */
export function taskFailures(ends: readonly TaskEnd[], attempt: number): TaskFailures | undefined {
  const failed = ends.filter(isFailure);
  const [latest] = failed;
  if (!latest) return undefined;
  const unrecorded = ends[0] === latest ? Math.max(0, attempt - 2) : 0;
  const failures = failed.length + unrecorded;
  if (failures < MANY) return undefined;
  const told = failed.find((end) => end.kind === 'failed');
  return {
    reason: !told ? 'timeout' : told.cause === NONDETERMINISM ? 'replay' : 'error',
    failures,
    since: new Date(failed.at(-1)!.at).toISOString(),
    message: told?.message ?? 'No worker finished the workflow task in time.',
  };
}

function isFailure(end: TaskEnd): end is Exclude<TaskEnd, { kind: 'completed' }> {
  if (end.kind === 'failed') return !HARMLESS.has(end.cause);
  return end.kind === 'timed out' && end.timeout === START_TO_CLOSE;
}

/** The history event that a replay refuses, where the SDK's message names it. */
export function refusedEvent(message: string): number | undefined {
  const named = /\bHistoryEvent\(id: (\d+)/.exec(message)?.[1];
  return named === undefined ? undefined : Number(named);
}

/**
 * Whether a Reset to this end of a workflow task undoes what a replay refuses: the task was completed, and before the refused event. Without
 * such an event the last task that was completed will do.
 */
export const undoes = (end: TaskEnd, { message }: Pick<TaskFailures, 'message'>): boolean =>
  end.kind === 'completed' && end.event < (refusedEvent(message) ?? Number.POSITIVE_INFINITY);
