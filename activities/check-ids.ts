import { FAILURE } from '../src/job/failure';
import type { CheckIdsInput } from '../src/job/steps';
import { type Line, lines } from '../src/lines/split';
import { ID_START, idEnd, readDocument } from '../src/spec/document-line';
import { hashBytes, IdSieve } from '../src/spec/id-sieve';
import { show } from '../src/spec/show';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import { StepError } from './failure';
import type { Heavy } from './heavy';

/** Suspicions that are looked into at a time: each id of theirs is held while they are. */
const SUSPECTS = 1_000;

/**
 * Checks that no two documents of a job have the same id, in constant memory: 64-bit hashes of all ids, a residue at a
 * time, and a second look at the ids whose hashes are equal.
 *
 * @throws ApplicationFailure `anthropic.DuplicateId`, which names both lines; the id is in the message that the store keeps.
 */
export function createCheckIds(deps: ActivityDeps, heavy: Heavy) {
  return async function anthropicCheckIds(input: CheckIdsInput): Promise<void> {
    return onJob(deps, input, (signal) => heavy(() => checkIds(deps, input, signal), signal));
  };
}

async function checkIds({ store }: ActivityDeps, input: CheckIdsInput, signal: AbortSignal): Promise<void> {
  const sieve = new IdSieve();
  const refuse = () => refuseDuplicates(documentLines(store, input, signal), sieve.takeSuspects());
  let again = true;
  while (again) {
    for await (const batch of documentLines(store, input, signal)) {
      for (const { bytes } of batch) hashId(bytes, (low, high) => sieve.add(low, high));
      if (sieve.suspicions >= SUSPECTS) await refuse();
    }
    again = sieve.endPass();
    if (sieve.suspicions > 0) await refuse();
  }
}

async function* documentLines(
  store: Store,
  { job, chunks }: CheckIdsInput,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  for (let chunk = 0; chunk < chunks; chunk++) {
    for await (const batch of lines(await store.open(keys.documents(job, chunk)))) {
      signal.throwIfAborted();
      yield batch;
    }
  }
}

/** Really compares the ids whose hashes have one of these low words. */
async function refuseDuplicates(documents: AsyncIterable<Line[]>, suspects: Set<number>): Promise<void> {
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
      if (earlier !== undefined) {
        throw new StepError(
          FAILURE.duplicateId,
          `Duplicate document id ${show(id)}: lines ${earlier} and ${line}.`,
          {
            publicMessage: `Lines ${earlier} and ${line} of the input have the same document id.`,
            final: true,
          },
        );
      }
      seen.set(id, line);
    }
  }
}

/** Hashes the id of a line of `documents.jsonl` as it is written. */
function hashId(line: Buffer, use: (low: number, high: number) => void): void {
  hashBytes(line, ID_START, idEnd(line), use);
}
