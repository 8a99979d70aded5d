import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines } from '../files';
import type { OddRow } from './odd-rows';

/** A result row that a fault made odd in one reply. */
export interface OddRowRecord {
  batch: string;
  custom_id: string;
  row: OddRow;
}

const FILE = 'odd-rows.jsonl';

/** Adds a row to the log of odd rows, before the reply contains it. */
export function noteOddRow(dir: string, record: OddRowRecord): void {
  appendFileSync(join(dir, FILE), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** Yields every row that was made odd, in the order of the replies, once per reply. */
export const oddRows = (dir: string) => readJsonLines<OddRowRecord>(join(dir, FILE));
