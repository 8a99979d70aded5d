import { hash } from 'node:crypto';
import { lotOf } from '../job-spec/request-facts';
import type { StoredInput } from '../job-spec/spec';
import { parse } from './documents';
import { unidentified } from './id';
import { rowLine } from './rows';

interface Kept {
  lot: number;
  position: number;
  row: string;
}

/**
 * Yields a sample of an input's documents as rows, in their order: each document is as likely as any other.
 * The same input always gives the same sample. Holds the sampled documents in memory.
 *
 * @throws {InputError} if a document of the input is invalid
 */
export async function* sampledDocuments(
  bytes: AsyncIterable<Uint8Array>,
  stored: StoredInput,
  count: number,
): AsyncGenerator<Uint8Array> {
  /** Those with the smallest lots, sorted by lot. */
  const kept: Kept[] = [];
  let position = 0;
  for await (const batch of parse(bytes, stored, { offset: 0, line: 0 }, unidentified)) {
    for (const { document } of batch) {
      const lot = lotOf(hash('sha256', String(++position), 'buffer'));
      if (kept.length === count && lot >= kept.at(-1)!.lot) continue;
      const { file, line, fields } = document;
      insert(kept, { lot, position, row: rowLine({ file, line, fields }) });
      if (kept.length > count) kept.pop();
    }
  }
  for (const { row } of kept.sort((a, b) => a.position - b.position)) yield Buffer.from(row);
}

function insert(kept: Kept[], one: Kept): void {
  const at = kept.findIndex(({ lot }) => lot > one.lot);
  kept.splice(at === -1 ? kept.length : at, 0, one);
}
