import { randomUUID } from 'node:crypto';
import type { PlanCursor } from '../job/activity-types';
import type { ChunkPlan } from '../job/job';
import { createSame, findJson } from '../store/json';
import { KeyNotFoundError, type Store } from '../store/store';
import { keys, type StoredRef } from './keys';
import { outdated } from './versions';

/** The plan of a chunk in the store. The first one stands. */
export interface PlannedChunk {
  plan: ChunkPlan;
  /** Part of the names of the chunk's files. Unset if they have the plain names. */
  draft?: string;
  /** Bytes of its request body. */
  bytes: number;
  /** The position in the input after it. Unset for an adopted batch. */
  next?: Omit<PlanCursor, 'chunk'>;
}

/** The keys of a planned chunk's files. */
export interface ChunkFiles {
  documents: string;
  requests: string;
  digests: string;
}

export function findPlannedChunk(store: Store, { job, chunk }: StoredRef): Promise<PlannedChunk | undefined> {
  return findJson<PlannedChunk>(store, keys.chunkPlan(job, chunk));
}

/** @throws {KeyNotFoundError} if the chunk is not planned */
export async function chunkFiles(store: Store, ref: StoredRef): Promise<ChunkFiles> {
  const planned = await findPlannedChunk(store, ref);
  if (!planned) throw new KeyNotFoundError(store, keys.chunkPlan(ref.job, ref.chunk));
  return filesOf(ref, planned.draft);
}

const filesOf = ({ job, chunk }: StoredRef, draft: string | undefined): ChunkFiles => ({
  documents: keys.documents(job, chunk, draft),
  requests: keys.requests(job, chunk, draft),
  digests: keys.digests(job, chunk, draft),
});

/** Files of a chunk that are being written. */
export interface Draft {
  draft: string | undefined;
  files: ChunkFiles;
}

/** Returns unused names for a chunk's files: the plain ones, unless a process that died has used them. */
export async function newDraft(store: Store, ref: StoredRef): Promise<Draft> {
  const plain = filesOf(ref, undefined);
  if ((await store.head(plain.requests)) === undefined) return { draft: undefined, files: plain };
  const draft = randomUUID().slice(0, 8);
  return { draft, files: filesOf(ref, draft) };
}

/**
 * Records the plan of a chunk whose files are written. From then on no other files count, and those of a
 * process that died are removed.
 *
 * @throws {StoreError} if another process planned the chunk meanwhile
 */
export async function planChunk(store: Store, ref: StoredRef, planned: PlannedChunk): Promise<void> {
  const key = keys.chunkPlan(ref.job, ref.chunk);
  if (!(await createSame(store, key, planned))) throw outdated(store, key);
  if (planned.draft === undefined) return;
  for (const file of Object.values(filesOf(ref, undefined))) await store.delete(file);
}
