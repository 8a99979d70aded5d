import type Anthropic from '@anthropic-ai/sdk';
import { idOf, seedOf, sha256 } from '../hash';
import { answer } from './answer';
import type { Batches } from './batches';
import { type BatchRecord, fates } from './life';
import { isError, isStop, type SimulatedOutcome } from './outcomes';
import { refusal } from './params';
import { type StoredRequest, storedRequests } from './stored-requests';

const CHUNK = 64 * 1024;

/** Yields the rows of an ended batch, one per line, in another order than its requests. */
export function* resultLines(batches: Batches, record: BatchRecord): Generator<string> {
  const plan = batches.plan(record);
  const fate = fates(record);
  for (const { index, request } of storedRequests(batches, record, shuffled(plan.size, seedOf(record.id)))) {
    const result = resultOf(request, fate(index, plan.outcome(index)), record);
    const row = {
      custom_id: request.custom_id,
      result,
    } satisfies Anthropic.Messages.MessageBatchIndividualResponse;
    yield `${JSON.stringify(row)}\n`;
  }
}

/** Joins lines into pieces of some 64 KB. */
export function* inChunks(lines: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Yields the first `rows` lines, and with `broken` half of the next one. */
export function* firstLines(lines: Iterable<string>, rows: number, broken: boolean): Generator<string> {
  let left = rows;
  for (const line of lines) {
    if (left-- > 0) yield line;
    else {
      if (broken) yield line.slice(0, Math.floor(line.length / 2));
      return;
    }
  }
}

function resultOf(
  request: StoredRequest,
  outcome: SimulatedOutcome,
  record: BatchRecord,
): Anthropic.Messages.MessageBatchResult {
  if (outcome === 'expired' || outcome === 'canceled') return { type: outcome };
  const unique = sha256(`${record.id} ${request.custom_id}`);
  if (isError(outcome)) {
    const refused =
      outcome === 'invalid_request_error' ? refusal(request.params, record.version, true) : undefined;
    const message = refused ?? `Simulated ${outcome}`;
    return {
      type: 'errored',
      error: { type: 'error', error: { type: outcome, message }, request_id: idOf('req_', unique) },
    };
  }
  const stop = isStop(outcome) ? outcome : null;
  const params = request.params as unknown as Anthropic.MessageCreateParams;
  return { type: 'succeeded', message: answer(params, { id: idOf('msg_', unique), stop }) };
}

/** Yields every number below `size` once, in a different order. */
function* shuffled(size: number, seed: number): Generator<number> {
  let step = Math.max(1, Math.floor(size * 0.618));
  while (gcd(step, size) !== 1) step++;
  let at = size > 1 ? 1 + (seed % (size - 1)) : 0;
  for (let count = 0; count < size; count++) {
    yield at;
    at = (at + step) % size;
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
