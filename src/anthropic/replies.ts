import { isCount } from '../cost/prices/count';
import {
  type ApiTime,
  BATCH_STATUSES,
  type Batch,
  type BatchCounts,
  type BatchPage,
  COUNT_NAMES,
} from './api';

/**
 * A successful reply of the wrong shape, as sent by a gateway or a proxy. It proves neither that the call had
 * its effect nor that it had none.
 */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';

  /** @param problem what is wrong, such as `field id is missing`; never a value of the reply */
  constructor(problem: string) {
    super(`malformed reply: ${problem}`);
  }
}

type Fields = Record<string, unknown>;

/** Reads the body of a successful reply. @throws {MalformedReply} for anything but a JSON object */
export async function readBody(response: Pick<Response, 'text'>): Promise<Fields> {
  return parseBody(await response.text());
}

/** @throws {MalformedReply} for anything but a JSON object */
export function parseBody(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedReply('the body is not JSON');
  }
  if (!isFields(value)) throw new MalformedReply(`the body is ${kindOf(value)}, not an object`);
  return value;
}

/**
 * Reads a batch from a reply to create, retrieve or cancel. Only `id` and `processing_status` are required.
 * Other fields are used if they are well-formed.
 *
 * @param asked the batch that the call named
 * @throws {MalformedReply}
 */
export function toBatch(reply: Fields, asked?: string): Batch {
  const batch = toListedBatch(reply);
  const { id, status } = batch;
  if (id === undefined) throw fieldError(reply, 'id', 'a string of at least one character');
  if (asked !== undefined && id !== asked) {
    throw new MalformedReply('field id is not the id of the requested batch');
  }
  if (status === undefined) throw fieldError(reply, 'processing_status', BATCH_STATUSES.join(', '));
  return { ...batch, id, status };
}

/**
 * Reads a page of the list, with the readable fields of each entry.
 *
 * @param date the reply's `Date` header
 * @throws {MalformedReply} for a reply that is not a list, such as a proxy's page: it must not count as an
 *   empty list
 */
export function toPage(reply: Fields, date: string | null): BatchPage {
  const { data, has_more: hasMore, last_id: lastId } = reply;
  if (!Array.isArray(data)) throw fieldError(reply, 'data', 'an array');
  if (hasMore === true && data.length === 0) {
    throw new MalformedReply('field data is empty although has_more is true');
  }
  const now = new Date(date ?? '');
  return {
    batches: data.map((entry) => toListedBatch(isFields(entry) ? entry : {})),
    hasMore: typeof hasMore === 'boolean' ? hasMore : undefined,
    lastId: isName(lastId) ? lastId : undefined,
    now: Number.isNaN(now.getTime()) ? undefined : now,
  };
}

/**
 * Returns the API's clock when it sent the first page. @throws {MalformedReply} for a page without a `Date`
 */
export function clockOf({ now, batches: [first], hasMore }: BatchPage): ApiTime {
  const createdAt = first === undefined && hasMore === false ? new Date(0) : first?.createdAt;
  if (now) return { now, newest: createdAt && { id: first?.id, createdAt } };
  throw new MalformedReply('header Date is missing or is not a time');
}

/** Reads the reply to `count_tokens`. @throws {MalformedReply} */
export function toTokens(reply: Fields): number {
  const { input_tokens: tokens } = reply;
  if (isCount(tokens)) return tokens;
  throw fieldError(reply, 'input_tokens', 'a whole number');
}

/** Checks the reply to a deletion. @throws {MalformedReply} */
export function assertDeleted(reply: Fields, asked: string): void {
  if (reply.id === asked) return;
  throw fieldError(reply, 'id', 'the id of the batch to delete');
}

/** Returns whether a value has the fields that every answer of the Messages API has. */
export const isMessage = (value: Fields): boolean => value.type === 'message' && Array.isArray(value.content);

/**
 * Checks that a reply is a complete message. A stream that ended cleanly in the middle has no `stop_reason`.
 *
 * @throws {MalformedReply}
 */
export function assertMessage(reply: Fields): void {
  if (!isMessage(reply)) {
    throw reply.type === 'message'
      ? fieldError(reply, 'content', 'an array')
      : fieldError(reply, 'type', '"message"');
  }
  if (typeof reply.stop_reason !== 'string') throw fieldError(reply, 'stop_reason', 'a string');
}

function toListedBatch(reply: Fields): Partial<Batch> & Omit<Batch, 'id' | 'status'> {
  const { id, processing_status, results_url } = reply;
  const counts = toCounts(reply.request_counts);
  return {
    id: isName(id) ? id : undefined,
    status: BATCH_STATUSES.find((status) => status === processing_status),
    createdAt: toTime(reply.created_at),
    counts,
    size: sizeOf(counts),
    resultsUrl: isName(results_url) ? results_url : null,
    archivedAt: toTime(reply.archived_at) ?? null,
  };
}

function toCounts(value: unknown): Partial<BatchCounts> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    COUNT_NAMES.flatMap((name) => (isCount(value[name]) ? [[name, value[name]]] : [])),
  );
}

/**
 * Returns the batch's size, if it is certain: a missing count need not be zero, and a batch has at least one
 * request.
 */
function sizeOf(counts: Partial<BatchCounts>): number | undefined {
  const given = Object.values(counts);
  const sum = given.reduce((total, count) => total + count, 0);
  return given.length === COUNT_NAMES.length && sum > 0 ? sum : undefined;
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * Earliest valid time: no batch is older than the API. Gateways send their language's zero value for a time
 * that they do not have.
 */
const FIRST = Date.UTC(2024, 0);

/**
 * Reads an RFC 3339 time. `Date` also accepts "1", and a batch of that time would be older than any search
 * window.
 */
function toTime(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !TIME.test(value)) return undefined;
  const time = new Date(value);
  return time.getTime() >= FIRST ? time : undefined;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

function fieldError(reply: Fields, name: string, expected: string): MalformedReply {
  const value = reply[name];
  if (value === undefined) return new MalformedReply(`field ${name} is missing`);
  if (value === null) return new MalformedReply(`field ${name} is null`);
  return new MalformedReply(`field ${name} is ${kindOf(value)}; expected ${expected}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'another string';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
