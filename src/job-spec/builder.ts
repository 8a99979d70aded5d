/** A document as passed to builders: its id, its line in the input, and its fields. */
export interface Document {
  id: string;
  line: number;
  fields: Record<string, unknown>;
}

/**
 * A function that returns the params of a Messages API request for a document. It must be deterministic,
 * because planning is repeated after a crash. If it throws, the job fails before anything is sent, and the
 * message names the document's id and line.
 */
export type RequestBuilder = (document: Document) => unknown;

/** Builders by name. */
export type Builders = Record<string, RequestBuilder>;
