import { show } from '../job-spec/show';
import type { InputUnit } from '../job-spec/spec';
import { type InputPlace, placeText } from '../job-spec/validation-errors';
import type { Line } from '../lines/split';
import { ID_START, idEnd, readDocument } from '../records/document-line';
import { hashBytes, IdSieve } from './id-sieve';

/** The most suspicious hashes that are resolved in one pass. Their ids are held in memory meanwhile. */
const SUSPECTS = 1_000;

type Place = Pick<InputPlace, 'line' | 'file'>;

/** Two documents have the same id. */
export class DuplicateIdError extends Error {
  override readonly name = 'DuplicateIdError';
  /** The message for Temporal, with only the positions. */
  readonly publicMessage: string;
  constructor(
    readonly id: string,
    readonly earlier: Place,
    readonly later: Place,
    unit: InputUnit = 'line',
  ) {
    const isOneFile = earlier.file === undefined;
    const numbers = `${unit}s ${earlier.line} and ${later.line}`;
    super(
      `Duplicate document id ${show(id)}: ` +
        `${isOneFile ? numbers : `${placeText(earlier)} and ${placeText(later)}`}.`,
    );
    this.publicMessage = isOneFile
      ? `${numbers[0]!.toUpperCase()}${numbers.slice(1)} of the input have the same document id.`
      : `Two documents of the input's files have the same id (${earlier.line} and ${later.line} in their files).`;
  }

  /** Returns this error for an input whose documents are counted in another unit than lines. */
  countedIn(unit: InputUnit): DuplicateIdError {
    return new DuplicateIdError(this.id, this.earlier, this.later, unit);
  }
}

/** A function that reads the lines of `documents.jsonl` from the start, a batch at a time. */
type DocumentLines = () => AsyncIterable<Pick<Line, 'bytes'>[]>;

/**
 * Checks that no two documents have the same id, in constant memory: compares 64-bit hashes of all ids, one
 * residue class at a time, and then the ids whose hashes are equal.
 *
 * @throws {DuplicateIdError} that names both lines
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

/** Compares the ids whose hashes have one of the suspect low words. */
async function refuseDuplicates(documents: ReturnType<DocumentLines>, suspects: Set<number>): Promise<void> {
  const seen = new Map<string, Place>();
  let suspect = false;
  const check = (low: number) => {
    suspect = suspects.has(low);
  };
  for await (const batch of documents) {
    for (const { bytes } of batch) {
      hashId(bytes, check);
      if (!suspect) continue;
      const { id, ...place } = readDocument(bytes);
      const earlier = seen.get(id);
      if (earlier !== undefined) throw new DuplicateIdError(id, earlier, place);
      seen.set(id, place);
    }
  }
}

/** Hashes the id in a line, in its JSON form. */
function hashId(line: Buffer, use: (low: number, high: number) => void): void {
  hashBytes(line, ID_START, idEnd(line), use);
}
