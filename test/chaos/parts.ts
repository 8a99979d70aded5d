import type { Client } from '@temporalio/client';

/** The workflows that run for a job now besides its own: its chunks and segments, and what brings it home. */
export async function runningParts(client: Client, id: string): Promise<string[]> {
  const parts: string[] = [];
  const query = `WorkflowId STARTS_WITH "${id}/" AND ExecutionStatus = "Running"`;
  for await (const { workflowId } of client.workflow.list({ query })) parts.push(workflowId);
  return parts.sort();
}

/** The chunk that a part is of; `undefined` of one that carries others. */
export function chunkOf(part: string): number | undefined {
  const [, chunk] = /\/chunk-(\d+)(-\w+)?$/.exec(part) ?? [];
  return chunk === undefined ? undefined : Number(chunk);
}
