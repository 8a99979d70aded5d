import type { Client } from '@temporalio/client';
import { segmentRanges, segmentShares } from '../../src/job/segments';
import type { PlannedJob } from './jobs';

/** Returns the other workflows that now run for a job: chunks, segments, and a reconciliation. */
export async function runningParts(client: Client, id: string): Promise<string[]> {
  const parts: string[] = [];
  const query = `WorkflowId STARTS_WITH "${id}/" AND ExecutionStatus = "Running"`;
  for await (const { workflowId } of client.workflow.list({ query })) parts.push(workflowId);
  return parts.sort();
}

/** Returns the chunks of a part: its own, those of a segment, or none if it carries a whole job. */
export function chunksOf(
  part: string,
  plan: Pick<PlannedJob, 'documents' | 'chunkSize' | 'maxBatchesInFlight'>,
): number[] {
  const [, kind, number] = /\/(chunk|segment)-(\d+)(-\w+)?$/.exec(part) ?? [];
  if (kind === undefined) return [];
  if (kind === 'chunk') return [Number(number)];
  const slots = { batches: plan.maxBatchesInFlight, requests: Number.MAX_SAFE_INTEGER };
  const chunks = Math.ceil(plan.documents.length / plan.chunkSize);
  const [first, end] = segmentRanges(chunks, segmentShares(slots, 1).length)[Number(number)]!;
  return Array.from({ length: end - first }, (_, index) => first + index);
}
