import type { Selected } from '../../src/anthropic/create-body';
import type { ChunkRef, RoundRef } from '../../src/job/activity-types';
import { lines } from '../../src/lines/split';
import { readDocument } from '../../src/records/document-line';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { readText } from '../../src/store/json';
import { KeyExistsError, KeyNotFoundError, type Store } from '../../src/store/store';

/** The ordinals that a round sends; where round 0 has no selection it sends all that can be sent. */
export async function readSelection(
  store: Store,
  { job, chunk, round }: RoundRef,
): Promise<ReadonlySet<number> | undefined> {
  try {
    const text = await readText(store, keys.selection(job, chunk, round));
    return new Set(text.split('\n').filter(Boolean).map(Number));
  } catch (error) {
    if (round === 0 && error instanceof KeyNotFoundError) return undefined;
    throw error;
  }
}

/** Writes which requests the first round of a chunk sends, where these are not all. @returns how many stand. */
export function selectFirst(store: Store, ref: ChunkRef, ordinals: readonly number[]): Promise<number> {
  return select(store, { ...ref, round: 0 }, ordinals);
}

/**
 * What was selected once stands: the round may be on its way, and its batch is of those requests. An activity that was given up for dead
 * and its successor may both come to this.
 */
async function select(store: Store, ref: RoundRef, ordinals: readonly number[]): Promise<number> {
  const text = ordinals.map((ordinal) => `${ordinal}\n`).join('');
  try {
    await store.put(keys.selection(ref.job, ref.chunk, ref.round), text, { ifAbsent: true });
    return ordinals.length;
  } catch (error) {
    if (!(error instanceof KeyExistsError)) throw error;
    return (await readSent(store, ref)).length;
  }
}

/** The ordinals that a round sends, in order. */
export async function readSent(store: Store, ref: RoundRef): Promise<number[]> {
  const selection = await readSelection(store, ref);
  return selection ? [...selection] : readSendable(store, ref);
}

async function readSendable(store: Store, { job, chunk }: ChunkRef): Promise<number[]> {
  const sendable: number[] = [];
  let ordinal = 0;
  for await (const batch of lines(await store.open(keys.documents(job, chunk)))) {
    for (const { bytes } of batch) {
      if (!readDocument(bytes).not_sent) sendable.push(ordinal);
      ordinal += 1;
    }
  }
  return sendable;
}

/**
 * Writes which requests the round after this one sends. What that round was begun with stands, whatever has come to show since.
 *
 * @returns how many they are.
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

/** The stored requests of a chunk, opened anew for each pass over them. */
export async function openRequests(
  store: Store,
  { job, chunk }: ChunkRef,
  selection: ReadonlySet<number> | undefined,
): Promise<Selected> {
  return { lines: lines(await store.open(keys.requests(job, chunk))), selection };
}
