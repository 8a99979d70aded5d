import type { RequestParams } from './params/types';

/** A document as passed to builders: its id, its place in the input, and its fields. */
export interface Document<Fields extends object = Record<string, unknown>> {
  id: string;
  line: number;
  /** The file that has this line, if the input has several. */
  file?: string;
  fields: Fields;
}

/**
 * A function that returns the params of a Messages API request for a document. It must be deterministic,
 * because planning is repeated after a crash. If it throws, the job fails before anything is sent, and the
 * message names the document's id and line.
 */
export type RequestBuilder<Fields extends object = Record<string, unknown>> = (
  document: Document<Fields>,
) => RequestParams;

/** Builders by name. */
export type Builders = Record<string, RequestBuilder>;

/**
 * Returns a builder for documents with known fields. The type is a promise of the caller: documents are not
 * checked against it.
 *
 * @example
 * const review = defineBuilder<{ text: string }>(({ fields }) => ({
 *   model: 'claude-haiku-5-5',
 *   max_tokens: 300,
 *   messages: [{ role: 'user', content: `Sum up: ${fields.text}` }],
 * }));
 */
export const defineBuilder = <Fields extends object>(build: RequestBuilder<Fields>): RequestBuilder =>
  build as RequestBuilder;
