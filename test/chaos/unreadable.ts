import type { OddRow, OddRowRecord } from 'temporal-anthropic-batch/simulator';

/** Rows that cannot be understood. The product understands the other odd rows, or downloads them again. */
const UNREADABLE: ReadonlySet<OddRow> = new Set<OddRow>([
  'error-text',
  'error-null',
  'no-error',
  'unknown-type',
  'no-message',
  'no-answer',
  'empty-result',
]);

/** The `custom_id`s of rows that some reply made impossible to understand, by batch. */
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
