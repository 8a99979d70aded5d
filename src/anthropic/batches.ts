// anthropic/: the API, over the official SDK. Start here. Only this folder imports the SDK. replies.ts turns
// every reply into a typed value; api-failure.ts classifies failures.

import { createHash, randomUUID } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import type { Batch, BatchesApi } from './api';
import { ApiCallError, readFailure } from './api-failure';
import { StreamedBody } from './body';
import { betaHeader, type CallSettings, callOptions, defaultHeaders } from './client-options';
import { tokenCounter } from './count-tokens';
import { defaultClient } from './default-client';
import { messageSender } from './messages';
import { assertDeleted, clockOf, readBody, toBatch, toPage } from './replies';
import { secretHeaders, secretsOf } from './secrets';
import { withSetupAdvice } from './setup-advice';
import { withUploadSocket } from './upload-socket';

/** Milliseconds until the reply begins, for calls other than a create or a download. */
const CALL_TIMEOUT = 60_000;
/** Milliseconds until a download begins: the API has to find the results of 100,000 requests. */
const DOWNLOAD_TIMEOUT = 300_000;
/**
 * Milliseconds. Longer than any upload that the server does not drop: this side must not cut the protocol
 * short.
 */
const CREATE_TIMEOUT = 3_600_000;

/**
 * Returns the Message Batches API over a client of the official SDK. By default, creates the client from the
 * SDK's environment variables. Retries nothing: Temporal does.
 */
export function batchesApi(client: Anthropic = defaultClient(), settings: CallSettings = {}): BatchesApi {
  const options = callOptions(CALL_TIMEOUT, settings);
  const { batches } = client.messages;
  // Computed on each use: a client may get another key.
  const withoutSecrets = (text: string) => secretsOf(client)(text);
  const failed = (error: unknown) =>
    new ApiCallError(withSetupAdvice(client, readFailure(error, { withoutSecrets })));
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
  const anonymous = randomUUID();
  return {
    get fingerprint() {
      return fingerprint(client, anonymous);
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

/** Yields a body, and converts the error of a broken connection. */
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
 * Returns the address of a batch's results. The SDK would send the key wherever `results_url` points. This
 * address always has the client's own base URL, where every batch's results have a path. A gateway that
 * passes the API's replies on unchanged is therefore not bypassed, and a batch without an address gets the
 * API's own error.
 */
function resultsAddress(client: Anthropic, { id, resultsUrl }: Pick<Batch, 'id' | 'resultsUrl'>): string {
  const isOwn =
    resultsUrl !== null &&
    URL.canParse(resultsUrl) &&
    new URL(resultsUrl).origin === new URL(client.baseURL).origin;
  return isOwn ? resultsUrl : `/v1/messages/batches/${encodeURIComponent(id)}/results`;
}

/**
 * Returns a digest of the client's address, identity and workspace. It is equal for equal keys, and reveals
 * nothing about them. A client that gets its key from a function, a provider or a profile has no visible key.
 * It counts as different from all others, so its access to their batches must be proved.
 *
 * @param anonymous a random identity for such a client
 */
function fingerprint(client: Anthropic, anonymous: string): string {
  const key = client.apiKey ?? client.authToken ?? undefined;
  const whose = key === undefined ? ['none', anonymous] : [client.apiKey, client.authToken];
  // A default header overrides the client's own key, which is then often a placeholder.
  const identity = [client.baseURL, ...whose, workspace(client), ...secretHeaders(client)];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
}

/** Returns the workspace that the client's default headers request, for keys with access to several. */
function workspace(client: Anthropic): string | undefined {
  return defaultHeaders(client)
    .filter(([name]) => name.toLowerCase() === 'anthropic-workspace-id')
    .map(([, value]) => value)
    .at(-1);
}
