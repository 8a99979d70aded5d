import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ApiError, invalid, notFound } from '../api-error';
import { billedRequests, booksAt } from '../books/books';
import type { FaultSpec } from '../faults/fault-spec';
import { oddRows } from '../faults/odd-rows-log';
import { inChunks } from '../life/results';
import { json, type Reply } from '../reply';
import type { SimulatorState } from '../state';
import { view } from './batch-endpoints';
import { checkBodyHeaders, receiveJson } from './receive';

/** Path prefix for controlling the simulator. The API has no such path, and no key is required. */
export const ADMIN_PATH = '/_simulator/';

const MAX_BYTES = 10_000_000;

/**
 * Answers a control request:
 * - `GET books`, `GET billed` (JSONL), `GET calls`, `GET batches`, `GET batches/ID/requests` (JSONL, as sent)
 * - `GET odd-rows` (JSONL): each result row that a fault made odd
 * - `GET faults`, `PUT faults` (replace), `POST faults` (add), `DELETE faults`: `FaultSpec`
 * - `GET clock`, `PUT clock`: `{"now": ms}`, `PUT` also `{"advance": ms}`
 *
 * @throws {ApiError} for a `Host` that a web page may have chosen, and for a body that is not declared as
 *   JSON
 */
export async function administer(
  state: SimulatorState,
  request: IncomingMessage,
  path: string,
  url: string,
): Promise<Reply> {
  assertOwnHost(state, request);
  const method = request.method ?? 'GET';
  const body = method === 'PUT' || method === 'POST' ? await bodyOf(request) : undefined;
  const now = await state.clock.now();
  const batch = /^batches\/([^/]+)\/requests$/.exec(path)?.[1];
  if (method === 'GET' && batch !== undefined) return requestsReply(state, batch);
  switch (`${method} ${path}`) {
    case 'GET books':
      return json(booksAt(state.dir, state.batches, now));
    case 'GET billed':
      return {
        kind: 'stream',
        chunks: inChunks(lines(billedRequests(state.dir, state.batches, now))),
        clean: true,
      };
    case 'GET odd-rows':
      return { kind: 'stream', chunks: inChunks(lines(oddRows(state.dir))), clean: true };
    case 'GET calls':
      return json(state.calls);
    case 'GET batches':
      return json(liveBatches(state, now, url));
    case 'GET faults':
      return json(state.faults.get());
    case 'PUT faults':
      return changed(state, () => state.faults.set(body as FaultSpec));
    case 'POST faults':
      return changed(state, () => state.faults.add(body as FaultSpec));
    case 'DELETE faults':
      return changed(state, () => state.faults.clear());
    case 'GET clock':
      return json({ now });
    case 'PUT clock':
      return moveClock(state, body as { now?: unknown; advance?: unknown });
    default:
      throw notFound(`The simulator has no ${method} ${ADMIN_PATH}${path}`);
  }
}

/** Returns all batches that were not deleted, newest first, of any workspace and without the list's lag. */
export const liveBatches = (state: SimulatorState, now: number, url: string) =>
  state.batches
    .all()
    .filter((batch) => batch.deletedAt === undefined)
    .reverse()
    .map((batch) => view(state, { now, url }, batch));

/**
 * Rejects a `Host` that names another machine: a web page whose name was made to resolve to this address
 * sends its own name. An IP address needs no name resolution, so a page cannot use it that way.
 */
function assertOwnHost({ host }: SimulatorState, request: IncomingMessage): void {
  const asked = request.headers.host ?? '';
  const name = asked
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isIP(name) !== 0 || name === 'localhost' || name === host.toLowerCase()) return;
  throw new ApiError(
    'permission_error',
    `Host: ${JSON.stringify(asked)} is not this simulator. Call it by its IP address, localhost, or ${host}.`,
  );
}

/**
 * Reads a body that must be declared as JSON. A web page's form, which can be sent without permission, cannot
 * do that.
 */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  checkBodyHeaders(request, MAX_BYTES);
  return receiveJson(request, { maxBytes: MAX_BYTES, stallTimeout: 60_000 });
}

function changed(state: SimulatorState, change: () => void): Reply {
  try {
    change();
  } catch (error) {
    throw invalid((error as Error).message);
  }
  return json(state.faults.get());
}

async function moveClock(state: SimulatorState, body: { now?: unknown; advance?: unknown }): Promise<Reply> {
  if (Number.isFinite(body?.now)) await state.clock.set(body.now as number);
  else if (Number.isFinite(body?.advance)) state.clock.advance(body.advance as number);
  else throw invalid('The clock accepts {"now": ms} or {"advance": ms}');
  return json({ now: await state.clock.now() });
}

function* lines(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`;
}

function requestsReply(state: SimulatorState, id: string): Reply {
  const record = state.batches.get(id);
  if (record?.deletedAt !== undefined || !record) throw notFound(`Message batch with id ${id} not found.`);
  const file = createReadStream(state.batches.requestsFile(record), 'utf8');
  return { kind: 'stream', chunks: file, clean: true };
}
