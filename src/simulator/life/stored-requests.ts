import { closeSync, openSync, readSync } from 'node:fs';
import type { Batches } from './batches';
import type { BatchRecord } from './life';
import type { AnyParams } from './text';

export interface StoredRequest {
  custom_id: string;
  params: AnyParams;
}

/**
 * Reads a batch's requests from disk one at a time: those of `order`, or all in the order in which they were
 * sent.
 */
export function* storedRequests(
  batches: Batches,
  record: BatchRecord,
  order?: Iterable<number>,
): Generator<{ index: number; request: StoredRequest }> {
  const plan = batches.plan(record);
  const file = openSync(batches.requestsFile(record), 'r');
  try {
    for (const index of order ?? Array(plan.size).keys()) {
      const bytes = Buffer.allocUnsafe(plan.length(index));
      readSync(file, bytes, 0, bytes.length, plan.offset(index));
      yield { index, request: JSON.parse(bytes.toString('utf8')) as StoredRequest };
    }
  } finally {
    closeSync(file);
  }
}
