import type { Document } from './builder';

/** The template and the id field for documents that are requests: `{custom_id, params}`. */
export const OWN_REQUESTS = { template: '{{params}}', idField: 'custom_id' } as const;

/** Returns whether a template sends the params that a document has. */
export const isOwnRequests = (template: unknown): boolean => template === OWN_REQUESTS.template;

const SHAPE = '{"custom_id": "…", "params": {…}}';

/** Returns why a document is no request of its own, and what to do, or `undefined` if it has params. */
export function ownRequestProblem({ fields }: Pick<Document, 'fields'>): string | undefined {
  if (fields.params !== undefined) return undefined;
  if (['method', 'url', 'body'].every((name) => Object.hasOwn(fields, name))) {
    return (
      'is a request of the OpenAI Batch API (method, url and body). Write it as ' +
      `${SHAPE} with the params of a Messages API call: model, max_tokens and messages. Or give a template that ` +
      'inserts its fields, such as {{body.messages}} (--template FILE)'
    );
  }
  return (
    `has no params. Without a template or a builder, each document must be ${SHAPE}. Otherwise ` +
    'give --template FILE or --builder NAME'
  );
}
