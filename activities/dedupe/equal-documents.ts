import type { Place } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { keys } from '../../src/records/keys';
import { findText } from '../../src/store/json';
import type { Store } from '../../src/store/store';

/** Ordinals of a chunk's documents that are not sent, with the place of the equal request that is. */
export type EqualDocuments = ReadonlyMap<number, Place>;

export async function readEqual(store: Store, { job, chunk }: ChunkRef): Promise<EqualDocuments> {
  const equal = new Map<number, Place>();
  const text = (await findText(store, keys.equal(job, chunk))) ?? '';
  for (const line of text.split('\n').filter(Boolean)) {
    const [ordinal, first, place] = line.split(' ').map(Number);
    equal.set(ordinal!, { chunk: first!, ordinal: place! });
  }
  return equal;
}

export async function writeEqual(
  store: Store,
  { job, chunk }: ChunkRef,
  equal: EqualDocuments,
): Promise<void> {
  const rows = [...equal].sort(([a], [b]) => a - b);
  await store.put(
    keys.equal(job, chunk),
    rows.map(([ordinal, first]) => `${ordinal} ${first.chunk} ${first.ordinal}\n`).join(''),
  );
}
