import { readDocuments } from '../../input/documents';
import type { Entries, Entry } from '../../input/entry';
import type { JobRef } from '../../job/job';
import type { Document } from '../../job-spec/builder';
import type { InputPlace } from '../../job-spec/validation-errors';
import { keys } from '../../records/keys';
import { readSpec } from '../../records/stored-spec';
import { KeyNotFoundError, type Store } from '../../store/store';
import { OptionError } from '../errors';

/** Reads the documents of a job's input in order, by their places. Holds one piece of the input in memory. */
export class InputReader {
  readonly #entries: Entries;
  #piece: Iterator<Entry> | undefined;
  #document: Document | undefined;

  private constructor(entries: Entries) {
    this.#entries = entries;
  }

  /**
   * Opens the input of a job. That of a retry is the input of the job that it retries.
   *
   * @throws {OptionError} if the job has no input, or if it was deleted.
   */
  static async open(store: Store, job: Pick<JobRef, 'id' | 'instance'>): Promise<InputReader> {
    let of = job;
    try {
      let spec = await readSpec(store, of);
      while (spec.source.kind === 'retry') {
        of = spec.source.of;
        spec = await readSpec(store, of);
      }
      const { source, idField } = spec;
      if (source.kind === 'adopt') {
        throw new OptionError(
          '`include` is not allowed: the job took the results of a batch of another tool, and has no input.',
        );
      }
      const key = source.documents?.key ?? keys.input(of, source.format);
      if (!(await store.head(key))) throw new KeyNotFoundError(store, key);
      return new InputReader(readDocuments(store, key, { ...source, idField }));
    } catch (error) {
      if (!(error instanceof KeyNotFoundError)) throw error;
      throw new OptionError(
        `\`include\` is not possible: the input of the job ${of.id} is no longer in the store ` +
          `${store.location} (${error.key}). Leave it out.`,
        { cause: error },
      );
    }
  }

  /** Returns the document of a place, which must not be before that of the last call. */
  async at({ file, line }: Pick<InputPlace, 'file' | 'line'>): Promise<Document | undefined> {
    for (;;) {
      if (this.#document?.line === line && this.#document.file === file) return this.#document;
      const entry = this.#piece?.next();
      if (entry && !entry.done) {
        this.#document = entry.value.document;
        continue;
      }
      const piece = await this.#entries.next();
      if (piece.done) return undefined;
      this.#piece = piece.value[Symbol.iterator]();
    }
  }

  async close(): Promise<void> {
    await this.#entries.return(undefined);
  }
}
