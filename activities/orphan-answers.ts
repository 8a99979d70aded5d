import type { ChunkRef } from '../src/job/steps';
import { lines } from '../src/lines/split';
import { orphanResults } from '../src/store/orphans';
import type { Store } from '../src/store/store';
import { storedRow } from './stored-row';

/** Ordinals that orphans of the chunk have answered: what is paid for is not bought again. */
export async function answeredByOrphans(store: Store, ref: ChunkRef): Promise<ReadonlySet<number>> {
  const answered = new Set<number>();
  for await (const { key } of orphanResults(store, ref)) {
    for await (const batch of lines(await store.open(key))) {
      for (const { bytes } of batch) {
        const { ordinal, succeeded } = storedRow(bytes, key);
        if (succeeded) answered.add(ordinal);
      }
    }
  }
  return answered;
}
