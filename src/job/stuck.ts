/** How a workflow task ended, according to the history. `at` is in milliseconds since the epoch. */
export type TaskEnd =
  | { kind: 'completed'; event: number }
  | { kind: 'failed'; event: number; at: number; cause: number; message: string }
  | { kind: 'timed out'; event: number; at: number; timeout: number };

/**
 * Why a workflow's task fails. `replay`: a replay of its history makes other commands than recorded. `error`:
 * its code throws, or the server rejects its commands. `timeout`: no worker finishes it in time.
 */
export type StuckReason = 'replay' | 'error' | 'timeout';

/** The repeated failures of a workflow task. */
export interface TaskFailures {
  reason: StuckReason;
  /** Least number of failures in a row. The server does not record each. */
  failures: number;
  /** Time of the first failure, ISO 8601. */
  since: string;
  /** Message of the latest failure in the history. */
  message: string;
}

/** A workflow that makes no progress because its workflow task fails repeatedly. */
export interface StuckWorkflow extends TaskFailures {
  /** Workflow id: the job's, or that of one of its chunks or segments. */
  workflow: string;
  run: string;
}

/** Failures in a row that make a workflow stuck. One or two may be a worker that dies or is replaced. */
const MANY = 3;

/** Temporal's `WorkflowTaskFailedCause` and `TimeoutType`. */
const NONDETERMINISM = 24;
const START_TO_CLOSE = 1;

/**
 * Causes unrelated to the workflow's code: an event that came while the task ran, a worker that left its own
 * queue, a command that closed the workflow from outside, a Reset.
 */
const HARMLESS: ReadonlySet<number> = new Set([1, 13, 17, 18, 20]);

/**
 * Decides whether a workflow is stuck.
 *
 * @param ends how its workflow tasks ended since the last completed one, newest first
 * @param attempt the attempt of the pending task. The server counts from 1 again with every new event, and
 *   records only the first failure of a count; the SDK lets later attempts time out
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

/** Returns the history event that a replay rejects, if the SDK's message names it. */
export function refusedEvent(message: string): number | undefined {
  const named = /\bHistoryEvent\(id: (\d+)/.exec(message)?.[1];
  return named === undefined ? undefined : Number(named);
}

/**
 * Returns whether a Reset to this end of a workflow task undoes what a replay rejects: the task was completed
 * before the rejected event. If the event is unknown, the last completed task suffices.
 */
export const undoes = (end: TaskEnd, { message }: Pick<TaskFailures, 'message'>): boolean =>
  end.kind === 'completed' && end.event < (refusedEvent(message) ?? Number.POSITIVE_INFINITY);
