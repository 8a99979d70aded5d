import type { Client } from '@temporalio/client';
import type { TaskEnd } from '../job/stuck';
import { failureText } from './failure-text';

const PAGE = 200;
const CALL_TIMEOUT = 5_000;

type History = Awaited<
  ReturnType<Client['workflowService']['getWorkflowExecutionHistoryReverse']>
>['history'];
type HistoryEvent = NonNullable<NonNullable<History>['events']>[number];

/** Yields the ends of a run's workflow tasks, newest first. Reads the history page by page, as needed. */
export async function* taskEnds(client: Client, workflowId: string, runId: string): AsyncGenerator<TaskEnd> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = {
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: PAGE,
      nextPageToken,
    };
    const page = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT, () =>
      client.workflowService.getWorkflowExecutionHistoryReverse(request),
    );
    for (const event of page.history?.events ?? []) {
      const end = await taskEnd(client, workflowId, event);
      if (end) yield end;
    }
    nextPageToken = page.nextPageToken ?? undefined;
  } while (nextPageToken?.length);
}

async function taskEnd(
  client: Client,
  workflowId: string,
  history: HistoryEvent,
): Promise<TaskEnd | undefined> {
  const { workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: timedOut } =
    history;
  const event = Number(history.eventId);
  const at = Number(history.eventTime?.seconds ?? 0) * 1_000;
  if (history.workflowTaskCompletedEventAttributes) return { kind: 'completed', event };
  if (failed) {
    const { cause, failure } = failed;
    const { namespace } = client.options;
    const message = await failureText(client, failure, { type: 'workflow', namespace, workflowId });
    return { kind: 'failed', event, at, cause: cause ?? 0, message };
  }
  if (timedOut) return { kind: 'timed out', event, at, timeout: timedOut.timeoutType ?? 0 };
  return undefined;
}
