import type { ChunkRef } from '../../src/job/activity-types';
import { MOST_REQUESTS } from '../../src/job/limits';
import { eachLine } from '../../src/lines/split';
import { keys } from '../../src/records/keys';
import type { ScratchDir } from '../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../src/scratch/scratch-index';
import type { Store } from '../../src/store/store';
import { abortable } from '../runtime/context';

/** Returns the ordinals of a chunk's documents that an earlier job answered. */
export async function reusedOrdinals(store: Store, { job, chunk }: ChunkRef): Promise<Set<number>> {
  const ordinals = new Set<number>();
  for await (const { key } of store.list(keys.allReused(job, chunk))) {
    for await (const { bytes } of eachLine(await store.open(key))) ordinals.add(headOf(bytes).ordinal);
  }
  return ordinals;
}

/**
 * Copies the answers of earlier jobs that a chunk was planned with to local disk.
 *
 * @returns their result lines, by ordinal
 */
export async function readReused(
  store: Store,
  { job, chunk }: ChunkRef,
  scratch: ScratchDir,
  signal: AbortSignal,
): Promise<ScratchIndex> {
  const answers = new ScratchIndex(scratch, MOST_REQUESTS);
  for await (const { key } of store.list(keys.allReused(job, chunk))) {
    await answers.copy(abortable(await store.open(key), signal), ({ start, bytes }) => {
      const { ordinal, length } = headOf(bytes);
      return { number: ordinal, start: start + length, length: bytes.length - length - 1 };
    });
  }
  return answers;
}

const HEAD = /^\[(\d+),/;

/** Reads the start of a line `[ordinal, result]`. */
function headOf(line: Buffer): { ordinal: number; length: number } {
  const [head, ordinal] = HEAD.exec(line.toString('latin1', 0, 16)) ?? [];
  if (head === undefined) throw new SyntaxError('A line of reused answers has no ordinal.');
  return { ordinal: Number(ordinal), length: head.length };
}
