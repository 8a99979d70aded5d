// anthropic/: the API, over the official SDK. Only this folder imports it. replies.ts turns every reply into a typed value;
// errors.ts says what a failure means. Start here.

import { createHash, randomUUID } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { Batch, BatchesApi } from './api';
import { StreamedBody } from './body';
import { betaHeader, type CallSettings, callOptions, defaultHeaders } from './client-options';
import { tokenCounter } from './count-tokens';
import { defaultClient } from './default-client';
import { ApiCallError, readFailure } from './errors';
import { messageSender } from './messages';
import { assertDeleted, clockOf, readBody, toBatch, toPage } from './replies';
import { secretHeaders, secretsOf } from './secrets';
import { withUploadSocket } from './upload-socket';

/** How long the reply to a call other than a create or a download may take to begin. */
const CALL_TIMEOUT = 60_000;
/** How long the API may take before a download begins: it has to find the results of 100,000 requests. */
const DOWNLOAD_TIMEOUT = 300_000;
/** Longer than any upload that the server does not drop: the protocol must not be cut short from this side. */
const CREATE_TIMEOUT = 3_600_000;

/**
 * The Message Batches API over the official SDK's client, by default one made from the SDK's own environment variables.
 * Nothing is retried here: that is Temporal's work.
 */
export function batchesApi(client: Anthropic = defaultClient(), settings: CallSettings = {}): BatchesApi {
  const options = callOptions(CALL_TIMEOUT, settings);
  const { batches } = client.messages;
  // Asked anew each time: a client may be given another key.
  const withoutSecrets = (text: string) => secretsOf(client)(text);
  const failed = (error: unknown) => new ApiCallError(readFailure(error, { withoutSecrets }));
  const calling = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw failed(error);
    }
  };
  const list: BatchesApi['list'] = async ({ limit, after }) => {
    const response = await batches
      .list({ limit, ...(after === undefined ? {} : { after_id: after }) }, options)
      .asResponse();
    return toPage(await readBody(response), response.headers.get('date'));
  };
  const nobody = randomUUID();
  return {
    get fingerprint() {
      return fingerprint(client, nobody);
    },
    withoutSecrets,

    create: (body, { betas, signal, onSocket }) =>
      calling(async () => {
        const reply = await withUploadSocket(onSocket, () =>
          batches
            .create(
              { requests: [] },
              {
                ...callOptions(CREATE_TIMEOUT, settings),
                body: new StreamedBody(body.size, body.stream),
                signal,
                headers: { 'content-type': 'application/json', ...betaHeader(betas) },
              },
            )
            .asResponse(),
        );
        return toBatch(await readBody(reply));
      }),

    retrieve: (batchId) =>
      calling(async () => {
        const reply = await batches.retrieve(batchId, {}, options).asResponse();
        return toBatch(await readBody(reply), batchId);
      }),

    countTokens: (params, { betas, signal }) => tokenCounter({ client, betas, ...settings })(params, signal),

    time: () => calling(async () => clockOf(await list({ limit: 1 }))),

    list: (page) => calling(() => list(page)),

    cancel: (batchId) =>
      calling(async () => {
        const reply = await batches.cancel(batchId, {}, options).asResponse();
        return toBatch(await readBody(reply), batchId);
      }),

    delete: (batchId) =>
      calling(async () => {
        const reply = await batches.delete(batchId, {}, options).asResponse();
        assertDeleted(await readBody(reply), batchId);
      }),

    message: messageSender(client, withoutSecrets, settings),

    results: (batch, signal) =>
      calling(async () => {
        const response = await client
          .get(resultsAddress(client, batch), {
            ...callOptions(DOWNLOAD_TIMEOUT, settings),
            signal,
            headers: { accept: 'application/binary' },
          })
          .asResponse();
        if (!response.body) throw new Error(`The results of the batch ${batch.id} have no body.`);
        return received(response.body as unknown as AsyncIterable<Uint8Array>, failed);
      }),
  };
}

/** A body as it comes, with the API's own kind of error where it breaks off. */
async function* received(
  body: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => ApiCallError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failed(error);
  }
}

/**
 * Where a batch's results are fetched. The SDK sends the key wherever `results_url` leads; here it goes to the client's own
 * base URL alone, where every batch's results have a path of their own. So a gateway that passes the API's answers on as
 * they are is not gone around either, and a batch that names no address yet answers for itself.
 */
function resultsAddress(client: Anthropic, { id, resultsUrl }: Pick<Batch, 'id' | 'resultsUrl'>): string {
  const isOwn =
    resultsUrl !== null &&
    URL.canParse(resultsUrl) &&
    new URL(resultsUrl).origin === new URL(client.baseURL).origin;
  return isOwn ? resultsUrl : `/v1/messages/batches/${encodeURIComponent(id)}/results`;
}

/**
 * A digest of where, as whom and for which workspace the client speaks: equal for equal keys, and it tells nothing about them. A
 * client that asks a function, a provider or a profile for its key shows none: it is like no other, and what another one bought must
 * be shown to be in its reach.
 *
 * @param nobody what tells such a client from all others
 */
function fingerprint(client: Anthropic, nobody: string): string {
  const key = client.apiKey ?? client.authToken ?? undefined;
  const whose = key === undefined ? ['none', nobody] : [client.apiKey, client.authToken];
  // A default header goes before the client's own key, which is then often a mere word.
  const identity = [client.baseURL, ...whose, workspace(client), ...secretHeaders(client)];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}

/** The workspace that the client asks for in its default headers, for keys that reach several. */
function workspace(client: Anthropic): string | undefined {
  return defaultHeaders(client)
    .filter(([name]) => name.toLowerCase() === 'anthropic-workspace-id')
    .map(([, value]) => value)
    .at(-1);
}
