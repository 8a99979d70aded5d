import { createHash, randomUUID } from 'node:crypto';
import type { StoredDocuments, StoredJobSpec } from '../../job/inputs';
import { normalizeSpec } from '../../job-spec/normalize';
import type { JobSpec } from '../../job-spec/spec';
import { storeId } from '../../records/identity';
import { keys } from '../../records/keys';
import { putJson } from '../../store/json';
import { openStore } from '../../store/location';
import type { Store } from '../../store/store';
import { documentLines } from './lines';

/**
 * Writes documents into a store, for jobs that a workflow starts with `batchJob`. Call it in an activity of
 * that workflow: only the returned reference becomes part of the workflow's history. Each call writes a new
 * key, also if an activity is retried. It stays until `deleteStored` removes it.
 *
 * @param store the store of the workers, or its location
 * @throws {InputSourceError} {@link StoreError} {@link StoreLocationError}
 *
 * @example
 * export const loadTickets = () => writeDocuments('s3://bucket/batches', database.tickets());
 */
export async function writeDocuments(
  store: Store | string,
  documents: Iterable<object> | AsyncIterable<object>,
): Promise<StoredDocuments> {
  const opened = await openStore(store);
  const key = keys.storedDocuments(randomUUID());
  const written = new Written(documents);
  await opened.put(key, written.lines(), { ifAbsent: true });
  return { store: await storeId(opened), key, ...written.sums() };
}

/**
 * Checks a job spec and writes it into a store, for jobs that a workflow starts with `batchJob`. Call it in
 * an activity of that workflow. A spec in the store is not part of the workflow's history.
 *
 * @param store the store of the workers, or its location
 * @throws {SpecError} {@link StoreError} {@link StoreLocationError}
 */
export async function writeJobSpec(
  store: Store | string,
  spec: Omit<JobSpec, 'waitForWorker'>,
): Promise<StoredJobSpec> {
  const name = randomUUID();
  normalizeSpec(spec, { id: name, source: { kind: 'input', format: 'jsonl' } });
  const opened = await openStore(store);
  const key = keys.storedSpec(name);
  await putJson(opened, key, spec, { ifAbsent: true });
  return { store: await storeId(opened), key };
}

/**
 * Deletes stored documents or a stored job spec. A job needs them until it is planned, that is until its
 * state is `running`. Deleting what is gone is no error.
 *
 * @throws {StoreError} {@link StoreLocationError}
 */
export async function deleteStored(
  store: Store | string,
  { key }: StoredDocuments | StoredJobSpec,
): Promise<void> {
  await (await openStore(store)).delete(key);
}

/** Counts documents and hashes their lines as they pass. */
class Written {
  readonly #documents: Iterable<object> | AsyncIterable<object>;
  readonly #hash = createHash('sha256');
  #count = 0;
  #bytes = 0;

  constructor(documents: Iterable<object> | AsyncIterable<object>) {
    this.#documents = documents;
  }

  async *lines(): AsyncGenerator<Uint8Array> {
    for await (const block of documentLines(this.#counted())) {
      this.#hash.update(block);
      this.#bytes += block.length;
      yield block;
    }
  }

  /** Call once all lines were read. */
  sums(): Pick<StoredDocuments, 'documents' | 'bytes' | 'sha256'> {
    return { documents: this.#count, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async *#counted(): AsyncGenerator<object> {
    for await (const document of this.#documents) {
      this.#count += 1;
      yield document;
    }
  }
}
