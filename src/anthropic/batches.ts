import { createHash } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import type { MessageBatch } from '@anthropic-ai/sdk/resources/messages/batches';
import type { Batch, BatchesApi, BatchPage } from './api';
import { StreamedBody } from './body';

type CreateOptions = NonNullable<Parameters<Anthropic['messages']['batches']['create']>[1]>;

/** How long a call other than a create or a download may take. */
const CALL_TIMEOUT = 60_000;
/** Longer than any upload that the server does not drop: the protocol must not be cut short from this side. */
const CREATE_TIMEOUT = 3_600_000;

/**
 * No redirect is followed: fetch would take the key along in headers that it does not know for secrets. And without the
 * two, fetch keeps a second copy of a create's whole body for a redirect that never comes.
 */
const FETCH_OPTIONS = { redirect: 'error', window: null } as CreateOptions['fetchOptions'];

/**
 * The Message Batches API over the official SDK's client, by default one made from the SDK's own environment variables.
 * Nothing is retried here: that is Temporal's work.
 */
export function batchesApi(client: Anthropic = new Anthropic()): BatchesApi {
  const options = { maxRetries: 0, timeout: CALL_TIMEOUT, fetchOptions: FETCH_OPTIONS };
  const { batches } = client.messages;
  return {
    fingerprint: fingerprint(client),

    async create(body, { betas, signal }) {
      const created = await batches.create(
        { requests: [] },
        {
          body: new StreamedBody(body.size, body.stream),
          maxRetries: 0,
          timeout: CREATE_TIMEOUT,
          signal,
          headers: {
            'content-type': 'application/json',
            ...(betas.length > 0 ? { 'anthropic-beta': betas.join(',') } : {}),
          },
          fetchOptions: FETCH_OPTIONS,
        },
      );
      return toBatch(created);
    },

    async retrieve(batchId) {
      return toBatch(await batches.retrieve(batchId, {}, options));
    },

    async list({ limit, after }): Promise<BatchPage> {
      const { data: page, response } = await batches
        .list({ limit, ...(after === undefined ? {} : { after_id: after }) }, options)
        .withResponse();
      const date = response.headers.get('date');
      if (!date) throw new Error('The Anthropic API answered a list without a Date header.');
      return { batches: page.data.map(toBatch), hasMore: page.has_more, now: new Date(date) };
    },

    async cancel(batchId) {
      return toBatch(await batches.cancel(batchId, {}, options));
    },

    async results(batch, signal) {
      const response = await client
        .get(resultsAddress(client, batch), {
          maxRetries: 0,
          timeout: CREATE_TIMEOUT,
          signal,
          headers: { accept: 'application/binary' },
          fetchOptions: FETCH_OPTIONS,
        })
        .asResponse();
      if (!response.body) throw new Error(`The results of the batch ${batch.id} have no body.`);
      return response.body as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

/**
 * Where a batch's results are fetched. The SDK sends the key wherever `results_url` leads; here it goes to the client's own
 * base URL alone, where every batch's results have a path of their own. So a gateway that passes the API's answers on as
 * they are is not gone around either, and a batch that names no address yet answers for itself.
 */
function resultsAddress(client: Anthropic, { id, resultsUrl }: Batch): string {
  const isOwn =
    resultsUrl !== null &&
    URL.canParse(resultsUrl) &&
    new URL(resultsUrl).origin === new URL(client.baseURL).origin;
  return isOwn ? resultsUrl : `/v1/messages/batches/${encodeURIComponent(id)}/results`;
}

function toBatch(batch: MessageBatch): Batch {
  const counts = batch.request_counts;
  return {
    id: batch.id,
    status: batch.processing_status,
    createdAt: new Date(batch.created_at),
    size: counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired,
    counts,
    resultsUrl: batch.results_url,
    archivedAt: batch.archived_at === null ? null : new Date(batch.archived_at),
  };
}

/** A digest of where, as whom and for which workspace the client speaks: equal for equal keys, and it tells nothing about them. */
function fingerprint(client: Anthropic): string {
  return createHash('sha256')
    .update(JSON.stringify([client.baseURL, client.apiKey, client.authToken, workspace(client)]))
    .digest('hex')
    .slice(0, 16);
}

/** The workspace that the client asks for in its default headers, for keys that reach several. */
function workspace(client: Anthropic): string | undefined {
  // The SDK keeps the headers in any of the shapes that it takes, and shows them nowhere.
  const { _options } = client as unknown as { _options?: { defaultHeaders?: object } };
  const defaultHeaders = _options?.defaultHeaders;
  const given =
    defaultHeaders && 'values' in defaultHeaders && defaultHeaders.values instanceof Headers
      ? defaultHeaders.values
      : (defaultHeaders ?? {});
  const entries: [string, unknown][] =
    Symbol.iterator in given ? [...(given as Iterable<[string, unknown]>)] : Object.entries(given);
  return entries
    .filter(([name]) => name.toLowerCase() === 'anthropic-workspace-id')
    .map(([, value]) => String(value))
    .at(-1);
}
