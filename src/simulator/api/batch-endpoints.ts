import type Anthropic from '@anthropic-ai/sdk';
import { invalid, notFound } from '../api-error';
import type { Caller } from '../auth';
import type { Intake } from '../life/intake';
import { type BatchRecord, hasEnded, isArchived, toMessageBatch } from '../life/life';
import { inChunks, resultLines } from '../life/results';
import { json, type Reply } from '../reply';
import type { SimulatorState } from '../state';

/** One call, as an endpoint sees it. */
export interface Call {
  caller: Caller;
  /** The batch that the path names. */
  id: string;
  query: URLSearchParams;
  /** The simulator's time. */
  now: number;
  /** The address under which the caller reaches the simulator. */
  url: string;
}

/** JSON has no Infinity. */
const NEVER = Number.MAX_SAFE_INTEGER;

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

export function createBatch(state: SimulatorState, call: Call, intake: Intake): Reply {
  const { batches } = state;
  const duration = state.duration({ number: batches.nextNumber, size: intake.size, createdAt: call.now });
  const record = batches.create(intake, {
    workspace: call.caller.workspace,
    version: call.caller.version,
    createdAt: call.now,
    duration: Math.min(duration, NEVER),
  });
  return json(view(state, call, record));
}

export const retrieveBatch = (state: SimulatorState, call: Call): Reply =>
  json(view(state, call, find(state, call)));

export function listBatches(state: SimulatorState, call: Call): Reply {
  const limit = limitOf(call.query);
  const [after, before] = [cursor(state, call, 'after_id'), cursor(state, call, 'before_id')];
  if (after && before) throw invalid('after_id, before_id: only one of them may be given');
  const shown = state.batches
    .all()
    .filter((batch) => isVisible(batch, call) && call.now >= batch.createdAt + state.faults.listLag)
    .filter((batch) => (after ? batch.number < after.number : before ? batch.number > before.number : true))
    .reverse();
  const page = before ? shown.slice(-limit) : shown.slice(0, limit);
  const data = page.map((batch) => view(state, call, batch));
  return json({
    data,
    has_more: shown.length > page.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  });
}

export function cancelBatch(state: SimulatorState, call: Call): Reply {
  const record = find(state, call);
  if (hasEnded(record, call.now)) {
    throw invalid(`Message batch ${record.id} cannot be canceled: its processing has ended.`);
  }
  if (record.canceledAt !== undefined) return json(view(state, call, record));
  const { cancelDuration, cancelFinishes } = state;
  const change = { canceledAt: call.now, cancelDuration, cancelFinishes };
  return json(view(state, call, state.batches.update(record, change)));
}

export function deleteBatch(state: SimulatorState, call: Call): Reply {
  const record = find(state, call);
  if (!hasEnded(record, call.now)) {
    throw invalid(`Message batch ${record.id} cannot be deleted before its processing has ended.`);
  }
  state.batches.delete(record, call.now);
  return json({
    id: record.id,
    type: 'message_batch_deleted',
  } satisfies Anthropic.Messages.DeletedMessageBatch);
}

/** Returns the rows of a batch, one at a time. */
export function batchResults(
  state: SimulatorState,
  call: Call,
): { record: BatchRecord; lines: Iterable<string> } {
  const record = find(state, call);
  if (!hasEnded(record, call.now)) {
    throw notFound(`Message batch ${record.id} has no results yet: its processing has not ended.`);
  }
  if (isArchived(record, call.now))
    throw notFound(`The results of message batch ${record.id} are no longer available.`);
  return { record, lines: resultLines(state.batches, record) };
}

export const resultsReply = (lines: Iterable<string>, clean = true): Reply => ({
  kind: 'stream',
  chunks: inChunks(lines),
  clean,
});

export const view = (state: SimulatorState, { now, url }: Pick<Call, 'now' | 'url'>, record: BatchRecord) =>
  toMessageBatch(record, now, url, () => ({ ...state.batches.tally(record).counts }));

const isVisible = (batch: BatchRecord, { caller }: Call) =>
  batch.deletedAt === undefined && batch.workspace === caller.workspace;

function find(state: SimulatorState, call: Call): BatchRecord {
  const record = state.batches.get(call.id);
  if (!record || !isVisible(record, call)) throw notFound(`Message batch with id ${call.id} not found.`);
  return record;
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(`limit: Input should be a whole number from 1 to ${MAX_LIMIT}, got ${text}`);
  }
  return limit;
}

/** Returns the batch of a cursor. A deleted batch still has a place in the list. */
function cursor(state: SimulatorState, call: Call, name: string): BatchRecord | undefined {
  const id = call.query.get(name);
  if (id === null) return undefined;
  const record = state.batches.get(id);
  if (record?.workspace !== call.caller.workspace)
    throw invalid(`${name}: message batch with id ${id} not found`);
  return record;
}
