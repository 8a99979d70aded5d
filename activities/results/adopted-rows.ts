import { JudgedRows } from '../../src/anthropic/judged-rows';
import { ForeignRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef } from '../../src/job/activity-types';
import { MOST_REQUESTS } from '../../src/job/limits';
import { documentLine } from '../../src/records/document-line';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import type { ScratchDir } from '../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../src/scratch/scratch-index';
import { readJson } from '../../src/store/json';
import { indexRows } from './index-rows';
import type { BatchResults, FoundRow, Joining } from './row-index';

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
  readonly #index: ScratchIndex;
  #order: number[] = [];

  readonly #batch: string;

  private constructor(batch: string, scratch: ScratchDir) {
    this.#batch = batch;

    this.batches = [batch];
    this.#index = new ScratchIndex(scratch, MOST_REQUESTS);
  }

  /** Reads the raw results. */
  static async build({ job, chunk }: ChunkRef, batch: string, joining: Joining): Promise<AdoptedRows> {
    const { store, scratch, meter } = joining;
    const rows = new AdoptedRows(batch, scratch);
    const downloads = new Downloads(store, { job, chunk, round: 0 });
    const found = await downloads.judged();
    if (found) {
      const { createdAt } = await readJson<AdoptedBatch>(store, keys.adopted(job));
      const bill = meter.batch(0, batch, new Date(createdAt));
      const judged = new JudgedRows(rows.#owed);
      for (const number of found.downloads) {
        await indexRows(rows.#index, await downloads.open(number), judged, joining.signal, ({ row }) => {
          if (row?.status === 'succeeded') bill.answer(row, true);
        });
      }
      bill.unknown(judged.lost().length);
      rows.#order = rows.#owed.sorted();
      rows.rounds = 1;
      rows.results = [{ round: 0, batch, found }];
    }
    return rows;
  }

  async find(ordinal: number): Promise<FoundRow | undefined> {
    const number = this.#order[ordinal];
    if (number === undefined) return undefined;
    return { raw: await this.#index.find(number), batch: this.#batch, attempts: 1 };
  }

  /** Returns the chunk's documents, which only the results contain. */
  async documents(): Promise<AsyncIterable<Uint8Array>> {
    return this.#documentLines();
  }

  async *#documentLines(): AsyncGenerator<Uint8Array> {
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
