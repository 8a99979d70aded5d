import { randomUUID } from 'node:crypto';
import type { temporal } from '@temporalio/proto';
import type { JobWorld } from './job-world';

type EventId = temporal.api.history.v1.IHistoryEvent['eventId'];

/** A run of a workflow, and the events to which it can be reset: every completed workflow task, in order. */
export interface ResetPoints {
  workflowId: string;
  runId: string;
  points: EventId[];
}

export async function resetPoints(
  { client }: Pick<JobWorld, 'client'>,
  workflowId: string,
): Promise<ResetPoints> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const completed = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  return { workflowId, runId, points: completed.map(({ eventId }) => eventId) };
}

/** Resets a workflow to one of its points, as the Temporal UI does. */
export async function reset(
  { client }: Pick<JobWorld, 'client'>,
  { workflowId, runId }: Omit<ResetPoints, 'points'>,
  point: EventId,
): Promise<void> {
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: point,
    requestId: randomUUID(),
    reason: 'a test',
  });
}
