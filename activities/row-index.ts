import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { peekSucceeded, readRow } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { decideRound } from '../src/job/submission';
import { lines } from '../src/lines/split';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import type { Store } from '../src/store/store';
import { readSelection } from './requests';

/**
 * Where each document's last row lies among the raw results of a chunk's rounds.
 *
 * Results come in any order and are wanted in the documents': a few numbers a document in typed arrays, and the raw rows in
 * scratch files on local disk, keep memory flat whatever the answers' size.
 */
export class RowIndex {
  /** Ids of the batches whose results are here, in order of their rounds. */
  readonly batches: string[] = [];
  /** Rounds of the chunk that were begun. */
  rounds = 0;
  readonly #files: FileHandle[] = [];
  readonly #file: Int8Array;
  readonly #start: Float64Array;
  readonly #length: Uint32Array;
  readonly #attempts: Uint8Array;
  readonly #batchOfFile: string[] = [];
  /** The last round, where it was begun and its results are not here. */
  #missing: Missing | undefined;

  private constructor(documents: number) {
    this.#file = new Int8Array(documents).fill(-1);
    this.#start = new Float64Array(documents);
    this.#length = new Uint32Array(documents);
    this.#attempts = new Uint8Array(documents);
  }

  static async build(store: Store, ref: ChunkRef, scratch: string): Promise<RowIndex> {
    const index = new RowIndex(MOST_DOCUMENTS);
    try {
      await index.#fill(store, ref, scratch);
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  async #fill(store: Store, ref: ChunkRef, scratch: string): Promise<void> {
    for await (const name of store.folders(keys.rounds(ref.job, ref.chunk))) {
      const round = Number(name);
      const decision = decideRound(await new RoundLedger(store, { ...ref, round }).read());
      if (decision.kind === 'attempt') continue;
      const raw = keys.rawResults(ref.job, ref.chunk, round);
      if (decision.kind === 'reconcile') {
        this.#missing = await missing(store, { ...ref, round });
        continue;
      }
      this.rounds = round + 1;
      this.batches.push(decision.batch);
      if (await store.head(raw)) {
        await this.#add(store, raw, join(scratch, name));
        this.#batchOfFile.push(decision.batch);
      } else {
        this.#missing = await missing(store, { ...ref, round }, decision.batch);
      }
    }
  }

  /** Why a document that was sent, or may have been, has no row of the last round. */
  missing(ordinal: number): { batch?: string } | undefined {
    const last = this.#missing;
    return last && (last.ordinals === undefined || last.ordinals.has(ordinal))
      ? { batch: last.batch }
      : undefined;
  }

  /** The raw row that decides a document, or `undefined` where none came. */
  async row(ordinal: number): Promise<Buffer | undefined> {
    const file = this.#files[this.#file[ordinal]!];
    if (!file) return undefined;
    const row = Buffer.allocUnsafe(this.#length[ordinal]!);
    const { bytesRead } = await file.read(row, 0, row.length, this.#start[ordinal]!);
    if (bytesRead < row.length)
      throw new Error('A scratch file of raw results was cut short while it was read.');
    return row;
  }

  batchOf(ordinal: number): string | undefined {
    return this.#batchOfFile[this.#file[ordinal]!];
  }

  /** Rounds that brought a row for the document. */
  attempts(ordinal: number): number {
    return this.#attempts[ordinal]!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }

  async #add(store: Store, key: string, path: string): Promise<void> {
    const file = await open(path, 'wx+', 0o600);
    const number = this.#files.push(file) - 1;
    const copied = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const piece of source) {
        await file.appendFile(piece);
        yield piece;
      }
    };
    for await (const batch of lines(copied(await store.open(key)))) {
      for (const { bytes, start } of batch) {
        if (bytes.length === 0) continue;
        const id = parseCustomId(peekSucceeded(bytes) ?? readRow(bytes).customId);
        // Checked when the results were retrieved; a row that is none of ours would be a bug here.
        if (!id) throw new Error(`The raw results ${key} have a custom_id that was not sent.`);
        this.#file[id.ordinal] = number;
        this.#start[id.ordinal] = start;
        this.#length[id.ordinal] = bytes.length;
        this.#attempts[id.ordinal]! += 1;
      }
    }
  }
}

const MOST_DOCUMENTS = 100_000;

interface Missing {
  /** The batch that was bought; absent where it is not known whether one was. */
  batch?: string;
  /** What the round sent; absent: all that could be sent. */
  ordinals?: ReadonlySet<number>;
}

async function missing(store: Store, ref: RoundRef, batch?: string): Promise<Missing> {
  return { batch, ordinals: await readSelection(store, ref) };
}
