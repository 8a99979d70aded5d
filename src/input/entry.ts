import type { Document } from '../job-spec/builder';

/** Where a reader of an input starts, or starts again. */
export interface InputCursor {
  /** Byte of the input. */
  offset: number;
  /** Lines before that byte. */
  line: number;
}

/** A document with where the input goes on after it. */
export interface Entry {
  document: Document;
  next: InputCursor;
}

/**
 * Entries of an input, in order, a batch for each piece of the stream. A batch is read once and as it is asked for, so that
 * the first error is the one that stands first in the input.
 */
export type Entries = AsyncGenerator<Iterable<Entry>>;
