import { show } from '../job-spec/show';
import type { Line } from '../lines/split';
import { ID_START, idEnd, readDocument } from '../records/document-line';
import { hashBytes, IdSieve } from './id-sieve';

/** Suspicions that are looked into at a time: each id of theirs is held while they are. */
const SUSPECTS = 1_000;

/** Two documents have one id. */
export class DuplicateIdError extends Error {
  override readonly name = 'DuplicateIdError';
  /** What Temporal may be told: nothing but where. */
  readonly publicMessage: string;
  constructor(id: string, earlier: number, line: number) {
    super(`Duplicate document id ${show(id)}: lines ${earlier} and ${line}.`);
    this.publicMessage = `Lines ${earlier} and ${line} of the input have the same document id.`;
  }
}

/** Lines of `documents.jsonl`, a batch at a time, read anew at each call. */
type DocumentLines = () => AsyncIterable<Pick<Line, 'bytes'>[]>;

/**
 * Checks that no two documents have the same id, in constant memory: 64-bit hashes of all ids, a residue at a time, and a second
 * look at the ids whose hashes are equal.
 *
 * @throws {DuplicateIdError} which names both lines
 */
export async function assertDistinctIds(documents: DocumentLines): Promise<void> {
  const sieve = new IdSieve();
  const refuse = () => refuseDuplicates(documents(), sieve.takeSuspects());
  let again = true;
  while (again) {
    for await (const batch of documents()) {
      for (const { bytes } of batch) hashId(bytes, (low, high) => sieve.add(low, high));
      if (sieve.suspicions >= SUSPECTS) await refuse();
    }
    again = sieve.endPass();
    if (sieve.suspicions > 0) await refuse();
  }
}

/** Really compares the ids whose hashes have one of these low words. */
async function refuseDuplicates(documents: ReturnType<DocumentLines>, suspects: Set<number>): Promise<void> {
  const seen = new Map<string, number>();
  let suspect = false;
  const look = (low: number) => {
    suspect = suspects.has(low);
  };
  for await (const batch of documents) {
    for (const { bytes } of batch) {
      hashId(bytes, look);
      if (!suspect) continue;
      const { id, line } = readDocument(bytes);
      const earlier = seen.get(id);
      if (earlier !== undefined) throw new DuplicateIdError(id, earlier, line);
      seen.set(id, line);
    }
  }
}

/** Hashes the id of a line as it is written. */
function hashId(line: Buffer, use: (low: number, high: number) => void): void {
  hashBytes(line, ID_START, idEnd(line), use);
}
