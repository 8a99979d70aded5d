import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from './files';
import type { OddRow } from './odd-rows';

/** A row of results that a fault made odd in one reply. */
export interface OddRowRecord {
  batch: string;
  custom_id: string;
  row: OddRow;
}

const FILE = 'odd-rows.jsonl';

/** Adds a row to the log of odd rows, before the reply has it. */
export function noteOddRow(dir: string, record: OddRowRecord): void {
  appendFileSync(join(dir, FILE), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** Every row that was made odd, in the order of the replies; a row once for each of them. */
export function* oddRows(dir: string): Generator<OddRowRecord> {
  const text = readTextFile(join(dir, FILE)) ?? '';
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as OddRowRecord;
}
