import type { ChunkRef, EqualRequests, FindEqualInput } from '../src/job/steps';
import { lines } from '../src/lines/split';
import { NO_REQUEST } from '../src/spec/chunk';
import { DIGEST_BYTES, DigestTable, type Place } from '../src/spec/digest-table';
import { findJson, putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { KeyNotFoundError, type Store } from '../src/store/store';
import { onJob } from './context';
import type { ActivityDeps } from './deps';
import { readEqual, writeEqual } from './equal-documents';
import type { Heavy } from './heavy';
import { writeSelection } from './requests';

/** Digests that are held at a time: 96 MB. A larger set takes as many passes over its digests. */
const ROOM = 2_000_000;

/**
 * Finds the requests of a planned job that are equal to an earlier one of it, to the byte, and leaves them out of what the first round sends. What
 * was found once stands: rounds go by it.
 */
export function createFindEqual(deps: ActivityDeps, heavy: Heavy, room = ROOM) {
  return async function anthropicFindEqual(input: FindEqualInput): Promise<EqualRequests> {
    return onJob(deps, input, (signal) => heavy(() => findEqual(deps, input, room, signal), signal));
  };
}

async function findEqual(
  { store, points }: ActivityDeps,
  { job, chunks, documents }: FindEqualInput,
  room: number,
  signal: AbortSignal,
): Promise<EqualRequests> {
  const standing = await findJson<EqualRequests>(store, keys.equalRequests(job));
  if (standing) return standing;
  const passes = Math.ceil(documents / room);
  const counts = new Map<number, number>();
  for (let pass = 0; pass < passes; pass += 1) {
    const first = new DigestTable(Math.min(documents, 2 * room));
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      // What an earlier pass found, or an earlier try of this one, which found the same.
      const equal = new Map(await readEqual(store, { job, chunk }));
      const before = equal.size;
      for await (const { digest, ordinal } of digests(store, { job, chunk }, signal)) {
        if (digest.readUInt32LE(DIGEST_BYTES - 4) % passes !== pass) continue;
        const earlier = first.add(digest, { chunk, ordinal });
        if (earlier) equal.set(ordinal, earlier);
      }
      if (equal.size > before) await writeEqual(store, { job, chunk }, equal);
      if (equal.size > 0) counts.set(chunk, equal.size);
    }
  }
  points?.reach('find-equal/found');
  const found: EqualRequests = { chunks: [...counts].sort(([a], [b]) => a - b) };
  for (const [chunk] of found.chunks) await leaveOut(store, { job, chunk }, signal);
  points?.reach('find-equal/left-out');
  await putJson(store, keys.equalRequests(job), found);
  return found;
}

/** Selects for the first round of a chunk what no earlier request is equal to. */
async function leaveOut(store: Store, ref: ChunkRef, signal: AbortSignal): Promise<void> {
  const equal = await readEqual(store, ref);
  const sent: number[] = [];
  for await (const { ordinal } of digests(store, ref, signal)) if (!equal.has(ordinal)) sent.push(ordinal);
  await writeSelection(store, { ...ref, round: 0 }, sent);
}

/** The digests of a chunk's requests, with their ordinals. None of a chunk that an earlier release planned. */
async function* digests(
  store: Store,
  { job, chunk }: ChunkRef,
  signal: AbortSignal,
): AsyncGenerator<{ digest: Buffer; ordinal: Place['ordinal'] }> {
  let ordinal = 0;
  try {
    for await (const batch of lines(await store.open(keys.digests(job, chunk)))) {
      signal.throwIfAborted();
      for (const { bytes } of batch) {
        const text = bytes.toString('latin1');
        if (text !== NO_REQUEST)
          yield { digest: Buffer.from(text.slice(0, 2 * DIGEST_BYTES), 'hex'), ordinal };
        ordinal += 1;
      }
    }
  } catch (error) {
    if (!(error instanceof KeyNotFoundError)) throw error;
  }
}
