import type { Selected } from '../src/anthropic/create-body';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { lines } from '../src/lines/split';
import { readText } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';

/** The ordinals that a round sends; round 0 has no selection and sends all that can be sent. */
export async function readSelection(store: Store, ref: RoundRef): Promise<ReadonlySet<number> | undefined> {
  if (ref.round === 0) return undefined;
  const text = await readText(store, keys.selection(ref.job, ref.chunk, ref.round));
  return new Set(text.split('\n').filter(Boolean).map(Number));
}

export function selectionText(ordinals: readonly number[]): string {
  return ordinals.map((ordinal) => `${ordinal}\n`).join('');
}

/** The stored requests of a chunk, opened anew for each pass over them. */
export async function openRequests(
  store: Store,
  { job, chunk }: ChunkRef,
  selection: ReadonlySet<number> | undefined,
): Promise<Selected> {
  return { lines: lines(await store.open(keys.requests(job, chunk))), selection };
}
