import type { Document } from '../job-spec/builder';

/** The position in an input at which reading starts or continues. */
export interface InputCursor {
  /** The byte offset in the input. */
  offset: number;
  /** The number of lines before that byte. */
  line: number;
}

/** A document, with the position after it. */
export interface Entry {
  document: Document;
  next: InputCursor;
}

/**
 * The entries of an input, in order, as one batch per piece of the stream. Each batch is lazy and can be read
 * once, so that the first error thrown is the first one in the input.
 */
export type Entries = AsyncGenerator<Iterable<Entry>>;
