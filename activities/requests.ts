import type { Selected } from '../src/anthropic/create-body';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { lines } from '../src/lines/split';
import { readDocument } from '../src/spec/document-line';
import { readText } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { Store } from '../src/store/store';

/** The ordinals that a round sends; round 0 has no selection and sends all that can be sent. */
export async function readSelection(store: Store, ref: RoundRef): Promise<ReadonlySet<number> | undefined> {
  if (ref.round === 0) return undefined;
  const text = await readText(store, keys.selection(ref.job, ref.chunk, ref.round));
  return new Set(text.split('\n').filter(Boolean).map(Number));
}

/** The ordinals that a round sends, in order. */
export async function readSent(store: Store, ref: RoundRef): Promise<number[]> {
  const selection = await readSelection(store, ref);
  if (selection) return [...selection];
  const sent: number[] = [];
  let ordinal = 0;
  for await (const batch of lines(await store.open(keys.documents(ref.job, ref.chunk)))) {
    for (const { bytes } of batch) {
      if (!readDocument(bytes).not_sent) sent.push(ordinal);
      ordinal += 1;
    }
  }
  return sent;
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
