import type { Selected } from '../../src/anthropic/create-body';
import type { ChunkRef, RoundRef } from '../../src/job/activity-types';
import { eachLine, lines } from '../../src/lines/split';
import { readDocument } from '../../src/records/document-line';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { chunkFiles } from '../../src/records/planned-chunk';
import { findText } from '../../src/store/json';
import { putIfAbsent } from '../../src/store/optional';
import { KeyNotFoundError, type Store } from '../../src/store/store';

/** Returns the ordinals that a round sends. Without a selection, round 0 sends all sendable requests. */
export async function readSelection(
  store: Store,
  { job, chunk, round }: RoundRef,
): Promise<ReadonlySet<number> | undefined> {
  const key = keys.selection(job, chunk, round);
  const text = await findText(store, key);
  if (text === undefined && round > 0) throw new KeyNotFoundError(store, key);
  return text === undefined ? undefined : new Set(text.split('\n').filter(Boolean).map(Number));
}

/** Selects the requests of a chunk's first round, if these are not all. @returns how many are selected */
export function selectFirst(store: Store, ref: ChunkRef, ordinals: readonly number[]): Promise<number> {
  return select(store, { ...ref, round: 0 }, ordinals);
}

/**
 * Writes a selection. The first one stands: the round may be in flight with those requests. An activity that
 * was presumed dead and its successor may both reach this.
 */
async function select(store: Store, ref: RoundRef, ordinals: readonly number[]): Promise<number> {
  const text = ordinals.map((ordinal) => `${ordinal}\n`).join('');
  const written = await putIfAbsent(store, keys.selection(ref.job, ref.chunk, ref.round), text);
  return written ? ordinals.length : (await readSent(store, ref)).length;
}

/** Returns the ordinals that a round sends, in order. */
export async function readSent(store: Store, ref: RoundRef): Promise<number[]> {
  const selection = await readSelection(store, ref);
  return selection ? [...selection] : readSendable(store, ref);
}

async function readSendable(store: Store, ref: ChunkRef): Promise<number[]> {
  const sendable: number[] = [];
  const { documents } = await chunkFiles(store, ref);
  for await (const { bytes, ordinal } of eachLine(await store.open(documents))) {
    if (!readDocument(bytes).not_sent) sendable.push(ordinal);
  }
  return sendable;
}

/**
 * Selects the requests of the next round. If that round has begun, its selection stands.
 *
 * @returns how many are selected
 */
export async function selectNext(
  store: Store,
  { job, chunk, round }: RoundRef,
  ordinals: readonly number[],
): Promise<number> {
  const next = { job, chunk, round: round + 1 };
  const begun = (await new RoundLedger(store, next).read()).length > 0;
  if (begun) return (await readSent(store, next)).length;
  return ordinals.length > 0 ? select(store, next, ordinals) : 0;
}

/** Opens the stored requests of a chunk. Call once for each pass over them. */
export async function openRequests(
  store: Store,
  ref: ChunkRef,
  selection: ReadonlySet<number> | undefined,
): Promise<Selected> {
  const { requests } = await chunkFiles(store, ref);
  return { lines: lines(await store.open(requests)), selection };
}
