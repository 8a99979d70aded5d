// api/: the HTTP server, its routes and endpoints. Start here.

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { ApiError, errorOfStatus } from '../api-error';
import { authenticate } from '../auth';
import type { Endpoint } from '../faults/fault-spec';
import type { Failure } from '../faults/faults';
import { malform } from '../faults/malform';
import { oddLines } from '../faults/odd-rows';
import { noteOddRow } from '../faults/odd-rows-log';
import { idOf } from '../hash';
import { Intake } from '../life/intake';
import { firstLines } from '../life/results';
import { json, type Reply, send } from '../reply';
import type { SimulatorState } from '../state';
import { ADMIN_PATH, administer } from './admin';
import {
  batchResults,
  type Call,
  cancelBatch,
  createBatch,
  deleteBatch,
  listBatches,
  resultsReply,
  retrieveBatch,
} from './batch-endpoints';
import { countTokens, createMessage } from './message-endpoints';
import { checkBodyHeaders, IncompleteBodyError, receive, receiveJson } from './receive';
import { type Route, routeOf } from './routes';

const MAX_MESSAGE_BYTES = 32_000_000;

/** The socket is destroyed without a reply. */
class Dropped extends Error {}

export function apiServer(state: SimulatorState): Server {
  // Uploads may take long. The state's own stall timeout limits them.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void serve(state, request, response);
  });
  return server;
}

async function serve(
  state: SimulatorState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = idOf('req_', randomBytes(18));
  try {
    const reply = await replyTo(state, request);
    response.setHeader('request-id', requestId);
    response.setHeader('date', new Date(await state.clock.now()).toUTCString());
    await send(response, reply);
  } catch (error) {
    if (
      error instanceof Dropped ||
      error instanceof IncompleteBodyError ||
      state.closing.aborted ||
      response.headersSent
    ) {
      request.socket.destroy();
      return;
    }
    // Reads and discards the rest of a body, so that the caller gets to read the reply.
    request.resume();
    const failure =
      error instanceof ApiError ? error : new ApiError('api_error', `Simulator: ${(error as Error).stack}`);
    const date = await state.clock.now().catch(() => Date.now());
    response.setHeader('request-id', requestId);
    response.setHeader('date', new Date(date).toUTCString());
    const { status, headers } = failure;
    const proxied = failure instanceof ProxyError;
    await send(
      response,
      proxied
        ? { kind: 'html', status, body: `<html><body><h1>${status}</h1></body></html>\n`, headers }
        : { kind: 'json', status, body: failure.body(requestId), headers },
    );
  }
}

/**
 * Runs in one turn of the event loop until its first `await`: listeners for the body must exist before its
 * first byte.
 */
async function replyTo(state: SimulatorState, request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator');
  const url = `http://${request.headers.host}`;
  if (pathname.startsWith(ADMIN_PATH))
    return administer(state, request, pathname.slice(ADMIN_PATH.length), url);
  const route = routeOf(request.method ?? 'GET', pathname);
  const caller = authenticate(request.headers, state.apiKeys);
  state.calls[route.endpoint]++;
  const { delayBefore, delayAfter, failure } = state.faults.take(route.endpoint, route.id || undefined);
  const instead = failure && answersInstead(failure) ? failure : undefined;
  const before = (instead?.when ?? 'before') === 'before' ? instead : undefined;

  const stopAfter = before && 'afterBytes' in before ? before.afterBytes : undefined;
  const body = await bodyOf(state, request, route.endpoint, caller.version, stopAfter);
  let reply: Reply;
  try {
    if (delayBefore > 0) await pause(state, delayBefore);
    if (before) {
      const page = answerInstead(before);
      discard(body);
      return page;
    }
    const call: Call = {
      caller,
      id: decodeURIComponent(route.id),
      query: searchParams,
      now: await state.clock.now(),
      url,
    };
    reply = malform(spoiled(perform(state, route, call, body, failure), failure), failure);
  } catch (error) {
    discard(body);
    throw error;
  }
  if (delayAfter > 0) await pause(state, delayAfter);
  return instead ? answerInstead(instead) : reply;
}

/** Removes a body that becomes no batch. */
function discard(body: unknown): void {
  if (body instanceof Intake) body.discard();
}

async function bodyOf(
  state: SimulatorState,
  request: IncomingMessage,
  endpoint: Endpoint,
  version: Call['caller']['version'],
  stopAfter: number | undefined,
): Promise<unknown> {
  const { batches, faults, stallTimeout } = state;
  if (endpoint === 'create') {
    checkBodyHeaders(request, state.maxBytes);
    const intake = new Intake(batches.newFolder(), {
      version,
      order: (text, digest) => faults.order(text, digest),
      seen: (digest) => batches.seen(digest),
    });
    const options = { maxBytes: state.maxBytes, stallTimeout, stopAfter };
    try {
      if (await receive(request, (chunk) => intake.push(chunk), options)) intake.finish();
    } catch (error) {
      intake.discard();
      throw error;
    }
    return intake;
  }
  if (endpoint === 'messages' || endpoint === 'count_tokens') {
    checkBodyHeaders(request, MAX_MESSAGE_BYTES);
    return receiveJson(request, { maxBytes: MAX_MESSAGE_BYTES, stallTimeout, stopAfter });
  }
  request.resume();
  return undefined;
}

function perform(
  state: SimulatorState,
  route: Route,
  call: Call,
  body: unknown,
  failure: Failure | undefined,
): Reply {
  switch (route.endpoint) {
    case 'create':
      return createBatch(state, call, body as Intake);
    case 'retrieve':
      return retrieveBatch(state, call);
    case 'list':
      return listBatches(state, call);
    case 'cancel':
      return cancelBatch(state, call);
    case 'delete':
      return deleteBatch(state, call);
    case 'results': {
      const { record, lines } = batchResults(state, call);
      if (failure?.kind === 'empty-results') return resultsReply([]);
      if (failure?.kind === 'odd-row') {
        const note = (custom_id: string) =>
          noteOddRow(state.dir, { batch: record.id, custom_id, row: failure.row });
        return resultsReply(oddLines(lines, failure, note));
      }
      if (failure?.kind !== 'cut') return resultsReply(lines);
      const rows = failure.rows ?? Math.floor(record.size / 2);
      const broken = failure.at === 'line';
      return resultsReply(firstLines(lines, rows, broken), failure.clean ?? !broken);
    }
    case 'messages':
      return createMessage(state, call.caller, body);
    case 'count_tokens':
      return countTokens(call.caller, body);
  }
}

class ProxyError extends ApiError {}

/** A fault that replaces the reply of an endpoint. */
type Instead = Extract<Failure, { kind: 'status' | 'drop' | 'json-page' }>;

const answersInstead = (failure: Failure): failure is Instead =>
  failure.kind === 'status' || failure.kind === 'drop' || failure.kind === 'json-page';

/** @throws {Dropped} @throws {ApiError} */
function answerInstead(fault: Instead): Reply {
  if (fault.kind === 'drop') throw new Dropped();
  if (fault.kind === 'json-page') return json({ status: 'ok', message: 'The gateway is being updated.' });
  const { status, retryAfter, proxy, type, message, code } = fault;
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  throw new (proxy ? ProxyError : ApiError)(
    type ?? errorOfStatus(status),
    message ?? `Simulated ${status}`,
    status,
    headers,
    code,
  );
}

const NO_COUNTS: Anthropic.Messages.MessageBatchRequestCounts = {
  processing: 0,
  succeeded: 0,
  errored: 0,
  canceled: 0,
  expired: 0,
};

/** Returns a reply about batches with the counts that a fault orders, or any other reply unchanged. */
function spoiled(reply: Reply, fault: Failure | undefined): Reply {
  if (fault?.kind !== 'wrong-counts' || reply.kind !== 'json') return reply;
  const { counts = NO_COUNTS } = fault;
  const spoil = (batch: Anthropic.Messages.MessageBatch) =>
    batch.processing_status === 'ended' ? { ...batch, request_counts: counts } : batch;
  const body = reply.body as Anthropic.Messages.MessageBatch | { data: Anthropic.Messages.MessageBatch[] };
  return { ...reply, body: 'data' in body ? { ...body, data: body.data.map(spoil) } : spoil(body) };
}

const pause = (state: SimulatorState, ms: number) => sleep(ms, undefined, { signal: state.closing });
