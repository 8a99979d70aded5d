import { join } from 'node:path';
import { JudgedRows } from '../../src/anthropic/judged-rows';
import { ForeignRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef } from '../../src/job/activity-types';
import { documentLine } from '../../src/records/document-line';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { readJson } from '../../src/store/json';
import type { BatchResults, FoundRow, Joining } from './row-index';
import { RowPlaces } from './row-places';

/** The known fields of an adopted batch before its results are in the store. */
export interface AdoptedBatch {
  batch: string;
  /** ISO 8601. */
  createdAt: string;
}

/**
 * The rows of a batch that another tool made, as documents in order of their `custom_id`s, because the order
 * of results varies. Empty until the results are in the store.
 */
export class AdoptedRows {
  readonly batches: string[];
  readonly orphans: string[] = [];
  readonly live = 0;
  readonly maybePaidTwice = 0;
  /** The combined results. Empty until they are in the store. */
  results: BatchResults[] = [];
  rounds = 0;
  readonly #owed = new ForeignRows();
  readonly #places: RowPlaces;
  #order: number[] = [];

  readonly #batch: string;

  private constructor(batch: string, scratch: string) {
    this.#batch = batch;

    this.batches = [batch];
    this.#places = new RowPlaces(join(scratch, 'adopted'));
  }

  /** Reads the raw results and writes the chunk's documents, which only the results contain. */
  static async build({ job, chunk }: ChunkRef, batch: string, joining: Joining): Promise<AdoptedRows> {
    const { store, scratch, meter } = joining;
    const rows = new AdoptedRows(batch, scratch);
    const downloads = new Downloads(store, { job, chunk, round: 0 });
    try {
      const found = await downloads.judged();
      if (found) {
        const { createdAt } = await readJson<AdoptedBatch>(store, keys.adopted(job));
        const bill = meter.batch(0, batch, new Date(createdAt));
        const judged = new JudgedRows(rows.#owed);
        for (const number of found.downloads) {
          const lines = await downloads.open(number);
          await rows.#places.read(lines, judged, joining.signal, ({ row }) => {
            if (row?.status === 'succeeded') bill.answer(row, true);
          });
        }
        bill.unknown(judged.lost().length);
        rows.#order = rows.#owed.sorted();
        rows.rounds = 1;
        rows.results = [{ round: 0, batch, found }];
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
    const place = this.#places.of(number);
    const raw = await place?.file.read(place.start, place.length);
    return { raw, batch: this.#batch, attempts: 1 };
  }

  async close(): Promise<void> {
    await this.#places.close();
  }

  async *#documents(): AsyncGenerator<Uint8Array> {
    for (let first = 0; first < this.#order.length; first += PIECE) {
      const texts = this.#order
        .slice(first, first + PIECE)
        .map((number, index) => documentLine({ id: this.#owed.customIdOf(number), line: first + index + 1 }));
      yield Buffer.from(texts.join(''));
    }
  }
}

/** Documents written at a time. */
const PIECE = 5_000;
