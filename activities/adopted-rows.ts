import { join } from 'node:path';
import { CustomIds } from '../src/anthropic/foreign-rows';
import { peekRow } from '../src/anthropic/results';
import { MOST_REQUESTS } from '../src/job/limits';
import type { ChunkRef } from '../src/job/steps';
import { documentLine } from '../src/spec/document-line';
import { findJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import type { BatchMeter } from './chunk-meter';
import { abortable } from './context';
import type { FoundRow, Joining } from './row-index';
import { ScratchFile } from './scratch-file';

/** What is known of an adopted batch before its results are here. */
export interface AdoptedBatch {
  batch: string;
  /** ISO 8601. */
  createdAt: string;
}

/**
 * The rows of a batch that another tool made, as documents in order of their `custom_id`s: results come in an order that is not
 * the same each time. There are none while its results are not here.
 */
export class AdoptedRows {
  readonly batches: string[];
  readonly orphans: string[] = [];
  readonly oneByOne = 0;
  readonly maybePaidTwice = 0;
  rounds = 0;
  readonly #ids = new CustomIds();
  readonly #start = new Float64Array(MOST_REQUESTS);
  readonly #length = new Uint32Array(MOST_REQUESTS);
  #order: Uint32Array = new Uint32Array();
  #file: ScratchFile | undefined;

  private constructor(private readonly batch: string) {
    this.batches = [batch];
  }

  /** Reads the raw results and writes the chunk's documents, which nothing but the results tells. */
  static async build({ job, chunk }: ChunkRef, batch: string, joining: Joining): Promise<AdoptedRows> {
    const { store, scratch, meter, signal } = joining;
    const rows = new AdoptedRows(batch);
    const raw = keys.rawResults(job, chunk, 0);
    try {
      const entry = await store.head(raw);
      if (entry) {
        const adopted = await findJson<AdoptedBatch>(store, keys.adopted(job));
        // Earlier releases did not note when it was created.
        const bill = meter.batch(0, batch, adopted ? new Date(adopted.createdAt) : entry.modified);
        await rows.#read(abortable(await store.open(raw), signal), scratch, bill);
      }
      await store.put(keys.documents(job, chunk), rows.#documents());
      return rows;
    } catch (error) {
      await rows.close();
      throw error;
    }
  }

  async find(ordinal: number): Promise<FoundRow | undefined> {
    const number = this.#order[ordinal];
    if (number === undefined) return undefined;
    const raw = await this.#file?.read(this.#start[number]!, this.#length[number]!);
    return { raw, batch: this.batch, attempts: 1 };
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #read(source: AsyncIterable<Uint8Array>, scratch: string, bill: BatchMeter): Promise<void> {
    this.#file = await ScratchFile.copy(source, join(scratch, 'adopted'), ({ bytes, start }) => {
      const { customId, succeeded } = peekRow(bytes);
      if (succeeded) bill.answer(bytes, true);
      const number = this.#ids.add(customId);
      this.#start[number] = start;
      this.#length[number] = bytes.length;
    });
    this.#order = this.#ids.sorted();
    this.rounds = 1;
  }

  async *#documents(): AsyncGenerator<Uint8Array> {
    for (let first = 0; first < this.#order.length; first += PIECE) {
      const numbers = [...this.#order.subarray(first, first + PIECE)];
      const texts = numbers.map((number, index) =>
        documentLine({ id: this.#ids.get(number), line: first + index + 1 }),
      );
      yield Buffer.from(texts.join(''));
    }
  }
}

/** Documents that are written at a time. */
const PIECE = 5_000;
