import type { Place } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { keys } from '../../src/records/keys';
import { readText } from '../../src/store/json';
import { putIfAbsent } from '../../src/store/optional';
import type { Store } from '../../src/store/store';

/** Ordinals of a chunk's documents that are not sent, with the place of the equal request that is. */
export type EqualDocuments = ReadonlyMap<number, Place>;

export async function readEqual(store: Store, { job, chunk }: ChunkRef): Promise<EqualDocuments> {
  const equal = new Map<number, Place>();
  for await (const { key } of store.list(keys.allEqual(job, chunk))) {
    for (const line of (await readText(store, key)).split('\n').filter(Boolean)) {
      const [ordinal, first, place] = line.split(' ').map(Number);
      equal.set(ordinal!, { chunk: first!, ordinal: place! });
    }
  }
  return equal;
}

/** Writes what a pass found. Every try of the pass finds the same. */
export async function writeEqual(
  store: Store,
  { job, chunk }: ChunkRef,
  pass: number,
  equal: EqualDocuments,
): Promise<void> {
  const lines = [...equal].map(([ordinal, first]) => `${ordinal} ${first.chunk} ${first.ordinal}\n`);
  await putIfAbsent(store, keys.equal(job, chunk, pass), lines.join(''));
}
