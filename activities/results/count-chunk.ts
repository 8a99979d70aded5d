import { Context } from '@temporalio/activity';
import { parseUsd } from '../../src/cost/prices/usd';
import type { StoredChunkSummary } from '../../src/job/job';

/** Pico-USD in a millionth of a USD. */
const MICRO = 1_000_000n;

/**
 * Counts the documents and the cost of a chunk in the worker's metrics. Of a chunk that is joined again, only
 * what it cost since.
 *
 * @param earlier the chunk's summary before
 */
export function countChunk(
  { counts, cost }: StoredChunkSummary,
  earlier: StoredChunkSummary | undefined,
): void {
  const { metricMeter } = Context.current();
  if (!earlier) {
    const documents = metricMeter.createCounter(
      'anthropic_batch_documents',
      '',
      'Documents of chunks that have ended',
    );
    for (const [status, count] of Object.entries(counts)) if (count > 0) documents.add(count, { status });
  }
  const since = parseUsd(cost.paid)! - (earlier ? parseUsd(earlier.cost.paid)! : 0n);
  if (since < MICRO) return;
  const spend = metricMeter.createCounter(
    'anthropic_batch_spend_micro_usd',
    '',
    'Cost of the answers of chunks that have ended, in millionths of a USD',
  );
  spend.add(Number(since / MICRO));
}
