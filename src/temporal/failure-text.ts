import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { ProtoFailure, SerializationContext } from '@temporalio/common';
import { decodeAll } from './lenient-client';

/**
 * Returns the message of a failure that the server describes. If the worker encodes messages, decodes it with
 * the client's data converter.
 */
export async function failureText(
  { options }: Client,
  failure: ProtoFailure | null | undefined,
  context: SerializationContext,
): Promise<string> {
  const plain = failure?.message ?? '';
  if (!failure?.encodedAttributes) return plain;
  const { payloadCodecs, payloadConverter } = options.loadedDataConverter;
  const [payload] = await decodeAll(payloadCodecs, [failure.encodedAttributes], context);
  const { message } = Object(payload && payloadConverter.fromPayload(payload, context)) as {
    message?: unknown;
  };
  return typeof message === 'string' ? message : plain;
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** Returns why the last attempt of a workflow's activity failed, or `undefined` if none has. */
export async function lastFailureText(
  client: Client,
  workflowId: string,
  { activityId, lastFailure }: PendingActivity,
): Promise<string | undefined> {
  if (!lastFailure) return undefined;
  const { namespace } = client.options;
  const of = { type: 'activity' as const, namespace, activityId: activityId!, workflowId, isLocal: false };
  return failureText(client, lastFailure, of);
}
