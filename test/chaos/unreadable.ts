import type { OddRow, OddRowRecord } from 'temporal-anthropic-batch/simulator';

/** Rows that cannot be understood; of the others the product understands, or downloads them again. */
const UNREADABLE: ReadonlySet<OddRow> = new Set<OddRow>([
  'error-text',
  'error-null',
  'no-error',
  'unknown-type',
  'no-message',
  'no-answer',
  'empty-result',
]);

/** The `custom_id`s of rows that some reply showed so that they cannot be understood, by batch. */
export type UnreadableRows = ReadonlyMap<string, ReadonlySet<string>>;

export function unreadableRows(odd: Iterable<OddRowRecord>): UnreadableRows {
  const rows = new Map<string, Set<string>>();
  for (const { batch, custom_id, row } of odd) {
    if (!UNREADABLE.has(row)) continue;
    const of = rows.get(batch) ?? new Set();
    rows.set(batch, of.add(custom_id));
  }
  return rows;
}
