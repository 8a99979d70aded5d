/** The events of a history that reach the workflow's code, in the form that core passes on. */
import type { Event, Job } from './core';

export type { Event };

import { payload, payloads } from './payloads';

/** The representation of an error in an event. */
export interface Failure {
  message: string;
  cause?: Failure;
  [info: string]: unknown;
}

export const timerFired = (seq: number): Event => ({
  name: `timer ${seq} fired`,
  job: { fireTimer: { seq } },
  of: `timer ${seq}`,
});

export const activityCompleted = (seq: number, result: unknown): Event =>
  activityEnded(seq, 'completed', { completed: { result: payload(result) } });

export const activityFailed = (seq: number, cause: Failure): Event =>
  activityEnded(seq, 'failed', { failed: { failure: byActivity(cause) } });

export const activityCanceled = (seq: number): Event =>
  activityEnded(seq, 'canceled', { cancelled: { failure: byActivity(CANCELED) } });

export const childStarted = (seq: number): Event => ({
  name: `child ${seq} started`,
  job: { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: `run-of-child-${seq}` } } },
  of: `child ${seq}`,
  becomes: 'started',
});

/** Another workflow with its id is running. */
export const childNotStarted = (seq: number, workflowId: string, workflowType: string): Event => ({
  name: `child ${seq} not started`,
  job: { resolveChildWorkflowExecutionStart: { seq, failed: { workflowId, workflowType, cause: 1 } } },
  of: `child ${seq}`,
});

export const childCompleted = (seq: number, result: unknown): Event =>
  childEnded(seq, 'completed', { completed: { result: payload(result) } });

export const childFailed = (seq: number, cause: Failure): Event =>
  childEnded(seq, 'failed', { failed: { failure: byChild(cause) } });

export const childCanceled = (seq: number): Event =>
  childEnded(seq, 'canceled', { cancelled: { failure: byChild(CANCELED) } });

export const signalSent = (seq: number, failure?: Failure): Event => ({
  name: `signal ${seq} ${failure ? 'failed' : 'arrived'}`,
  job: { resolveSignalExternalWorkflow: { seq, failure } },
  of: `signal ${seq}`,
});

export const cancelSent = (seq: number, failure?: Failure): Event => ({
  name: `cancel ${seq} ${failure ? 'failed' : 'arrived'}`,
  job: { resolveRequestCancelExternalWorkflow: { seq, failure } },
  of: `cancel ${seq}`,
});

export const signaled = (signalName: string, ...args: unknown[]): Event => ({
  name: `${signalName}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`,
  job: { signalWorkflow: { signalName, input: payloads(...args) } },
});

export const CANCEL_REQUESTED: Event = {
  name: 'cancel requested',
  job: { cancelWorkflow: { reason: 'test' } },
};

export const CANCELED: Failure = { message: 'canceled', canceledFailureInfo: {} };
export const TERMINATED: Failure = { message: 'terminated', terminatedFailureInfo: {} };

/** A heartbeat timeout of an activity whose worker died. */
export const TIMED_OUT: Failure = { message: 'timed out', timeoutFailureInfo: { timeoutType: 4 } };

/** A failure of our activities. */
export const failed = (type: string, nonRetryable = false): Failure => ({
  message: `It failed: ${type}.`,
  applicationFailureInfo: { type, nonRetryable },
});

function activityEnded(
  seq: number,
  how: string,
  result: NonNullable<Job['resolveActivity']>['result'],
): Event {
  return { name: `activity ${seq} ${how}`, job: { resolveActivity: { seq, result } }, of: `activity ${seq}` };
}

function childEnded(
  seq: number,
  how: string,
  result: NonNullable<Job['resolveChildWorkflowExecution']>['result'],
): Event {
  return {
    name: `child ${seq} ${how}`,
    job: { resolveChildWorkflowExecution: { seq, result } },
    of: `child ${seq}`,
  };
}

const byActivity = (cause: Failure): Failure => ({
  message: 'Activity failed',
  cause,
  activityFailureInfo: { activityType: { name: 'activity' }, activityId: '1' },
});
const byChild = (cause: Failure): Failure => ({
  message: 'Child failed',
  cause,
  childWorkflowExecutionFailureInfo: {
    workflowType: { name: 'child' },
    workflowExecution: { workflowId: 'child', runId: 'run-of-child' },
  },
});
