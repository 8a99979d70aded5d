import type { JobRef } from '../../job/job';
import type { Document } from '../../job-spec/builder';
import { eachLine } from '../../lines/split';
import { readDocument } from '../../records/document-line';
import { chunkFiles } from '../../records/planned-chunk';
import { readSpec } from '../../records/stored-spec';
import type { Store } from '../../store/store';
import type { Result } from '../types';
import { type FlatColumns, type FlatResult, flattener } from './flat-result';
import { InputReader } from './input-reader';
import { RowCosts } from './row-costs';
import { type ResultPlace, type ResultsOptions, resultRows } from './stored-results';

/** The options for reading flat results. */
export interface FlatOptions extends ResultsOptions, FlatColumns {}

/** Yields a job's stored results as rows of a table, in input order. */
export async function* flatResults(
  store: Store,
  job: JobRef,
  { failed, ...columns }: FlatOptions,
): AsyncGenerator<FlatResult> {
  const flat = flattener(columns);
  const costs = new RowCosts(store, job, await readSpec(store, job));
  const documents = columns.include && (await DocumentReader.open(store, job));
  try {
    for await (const { bytes, ...place } of resultRows(store, job, { failed })) {
      const result = JSON.parse(bytes.toString('utf8')) as Result;
      const document = await documents?.at(place);
      yield flat(result, { document, costUsd: await costs.of(result, place) });
    }
  } finally {
    await documents?.close();
  }
}

/** Finds the input documents of a job's results, which are read in order. */
class DocumentReader {
  readonly #store: Store;
  readonly #job: JobRef;
  readonly #input: InputReader;
  #chunk: { number: number; lines: ReturnType<typeof eachLine> } | undefined;

  private constructor(store: Store, job: JobRef, input: InputReader) {
    this.#store = store;
    this.#job = job;
    this.#input = input;
  }

  static async open(store: Store, job: JobRef): Promise<DocumentReader> {
    return new DocumentReader(store, job, await InputReader.open(store, job));
  }

  async at({ chunk, ordinal }: ResultPlace): Promise<Document | undefined> {
    if (this.#chunk?.number !== chunk) {
      await this.#chunk?.lines.return(undefined);
      const files = await chunkFiles(this.#store, { job: this.#job, chunk });
      this.#chunk = { number: chunk, lines: eachLine(await this.#store.open(files.documents)) };
    }
    for (;;) {
      const next = await this.#chunk.lines.next();
      if (next.done) return undefined;
      if (next.value.ordinal === ordinal) return this.#input.at(readDocument(next.value.bytes));
    }
  }

  async close(): Promise<void> {
    await this.#chunk?.lines.return(undefined);
    await this.#input.close();
  }
}
