import { join } from 'node:path';
import type { ChunkRef } from '../../src/job/activity-types';
import { lines } from '../../src/lines/split';
import { keys } from '../../src/records/keys';
import type { Store } from '../../src/store/store';
import { abortable } from '../runtime/context';
import { ScratchFile } from '../runtime/scratch-file';

/** Returns the ordinals of a chunk's documents that an earlier job answered. */
export async function reusedOrdinals(store: Store, { job, chunk }: ChunkRef): Promise<Set<number>> {
  const ordinals = new Set<number>();
  for await (const { key } of store.list(keys.allReused(job, chunk))) {
    for await (const batch of lines(await store.open(key))) {
      for (const { bytes } of batch) ordinals.add(headOf(bytes).ordinal);
    }
  }
  return ordinals;
}

/** The answers of earlier jobs that a chunk was planned with, copied to local disk. */
export class ReusedAnswers {
  readonly #files: ScratchFile[] = [];
  readonly #places = new Map<number, { file: ScratchFile; start: number; length: number }>();

  private constructor() {}

  static async read(
    store: Store,
    { job, chunk }: ChunkRef,
    scratch: string,
    signal: AbortSignal,
  ): Promise<ReusedAnswers> {
    const answers = new ReusedAnswers();
    try {
      for await (const { key } of store.list(keys.allReused(job, chunk))) {
        await answers.#add(
          abortable(await store.open(key), signal),
          join(scratch, `reused-${answers.#files.length}`),
        );
      }
      return answers;
    } catch (error) {
      await answers.close();
      throw error;
    }
  }

  /** Returns the earlier result line. */
  async find(ordinal: number): Promise<Buffer | undefined> {
    const place = this.#places.get(ordinal);
    return place?.file.read(place.start, place.length);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  async #add(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
    const found: { ordinal: number; start: number; length: number }[] = [];
    const file = await ScratchFile.copy(bytes, path, (line) => {
      const { ordinal, length } = headOf(line.bytes);
      found.push({ ordinal, start: line.start + length, length: line.bytes.length - length - 1 });
    });
    this.#files.push(file);
    for (const { ordinal, start, length } of found) this.#places.set(ordinal, { file, start, length });
  }
}

const HEAD = /^\[(\d+),/;

/** Reads the start of a line `[ordinal, result]`. */
function headOf(line: Buffer): { ordinal: number; length: number } {
  const [head, ordinal] = HEAD.exec(line.toString('latin1', 0, 16)) ?? [];
  if (head === undefined) throw new SyntaxError('A line of reused answers has no ordinal.');
  return { ordinal: Number(ordinal), length: head.length };
}
