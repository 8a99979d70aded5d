import type { JudgedRows, Taken } from '../../src/anthropic/judged-rows';
import { MOST_REQUESTS } from '../../src/job/limits';
import { abortable } from '../runtime/context';
import { ScratchFile } from '../runtime/scratch-file';

/** The place of a row on local disk. */
export interface RowPlace {
  file: ScratchFile;
  start: number;
  length: number;
}

/**
 * Finds the row of each document in the downloads of one batch, which are copied to local disk: results come
 * in any order and are needed in document order. A few numbers per document in typed arrays keep memory
 * constant for answers of any size.
 */
export class RowPlaces {
  readonly files: ScratchFile[] = [];
  readonly #file = new Uint16Array(MOST_REQUESTS);
  readonly #start = new Float64Array(MOST_REQUESTS);
  readonly #length = new Uint32Array(MOST_REQUESTS);

  readonly #path: string;

  /** @param path path of the scratch files, without their number */
  constructor(path: string) {
    this.#path = path;
  }

  /** Reads a download, and calls `onTaken` for each line that became a document's outcome. */
  async read(
    source: AsyncIterable<Uint8Array>,
    rows: JudgedRows,
    signal: AbortSignal,
    onTaken: (taken: Taken) => void,
  ): Promise<void> {
    rows.next();
    const number = this.files.length;
    const file = await ScratchFile.copy(abortable(source, signal), `${this.#path}-${number}`, (line) => {
      const taken = rows.take(line);
      if (!taken) return;
      this.#file[taken.number] = number;
      this.#start[taken.number] = taken.line.start;
      this.#length[taken.number] = taken.line.bytes.length;
      onTaken(taken);
    });
    this.files.push(file);
  }

  /** Returns the place of a document's row; `undefined` if it has none. */
  of(number: number): RowPlace | undefined {
    const length = this.#length[number]!;
    if (length === 0) return undefined;
    return { file: this.files[this.#file[number]!]!, start: this.#start[number]!, length };
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
  }
}
