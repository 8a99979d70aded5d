/** A document as builders get it: its id, its line in the input, and its fields. */
export interface Document {
  id: string;
  line: number;
  fields: Record<string, unknown>;
}

/**
 * Makes the params of a Messages API request from a document. It must be deterministic: planning is repeated after a crash.
 *
 * @throws anything; the job then fails before anything is sent, with the document's id and line in the message.
 */
export type RequestBuilder = (document: Document) => unknown;

export type Builders = Record<string, RequestBuilder>;
