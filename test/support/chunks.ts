import type { JobRef, JobSummary, StoredChunkSummary } from '../../src/job/job';
import { documentLine } from '../../src/records/document-line';
import { keys } from '../../src/records/keys';
import { planChunk } from '../../src/records/planned-chunk';
import type { VersionKey } from '../../src/records/versions';
import type { Store } from '../../src/store/store';
import type { MemoryStore } from './memory-store';

type Folder = Pick<JobRef, 'id' | 'instance'>;

/** Writes a chunk's documents and its plan. Its requests are written apart. */
export async function putDocuments(
  store: Store,
  job: Folder,
  chunk: number,
  documents: readonly { id: string; line: number; not_sent?: { type: string; message: string } }[],
): Promise<void> {
  await store.put(keys.documents(job, chunk), documents.map(documentLine).join(''));
  const requests = documents.filter(({ not_sent }) => not_sent === undefined).length;
  await planChunk(store, { job, chunk }, { plan: { documents: documents.length, requests }, bytes: 0 });
}

/** Writes results of a chunk with a summary that names them, in place of what it had. */
export async function putResults(store: Store, job: Folder, chunk: number, text: string): Promise<void> {
  const results = keys.results(job, chunk);
  await store.put(results, text);
  await store.put(keys.chunkSummary(job, chunk), JSON.stringify({ chunk, results }));
}

/** The results of a chunk that has ended. */
export function resultsText(store: MemoryStore, job: Folder, chunk: number): string {
  return store.text(chunkSummary(store, job, chunk).results);
}

export function chunkSummary(store: MemoryStore, job: Folder, chunk: number): StoredChunkSummary {
  return newest(store, (version) => keys.chunkSummary(job, chunk, version));
}

export function jobSummary(store: MemoryStore, job: Folder): JobSummary {
  return newest(store, (version) => keys.summary(job, version));
}

function newest<T>(store: MemoryStore, key: VersionKey): T {
  let last = 0;
  while (store.entries.has(key(last + 1))) last += 1;
  return JSON.parse(store.text(key(last))) as T;
}
