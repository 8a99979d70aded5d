import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawMessage, readRow } from '../src/anthropic/results';
import type { ChunkSummary } from '../src/job/job';
import { classify, noCounts } from '../src/job/outcome';
import type { FinishChunkInput } from '../src/job/steps';
import { lines } from '../src/lines/split';
import { putJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { assertStore, heartbeating } from './context';
import type { ActivityDeps } from './deps';
import type { Heavy } from './heavy';
import { RowIndex } from './row-index';

/** A line of the chunk's `documents.jsonl`. */
interface StoredDocument {
  id: string;
  line: number;
  not_sent?: { type: string; message: string };
}

/**
 * Joins the rounds of a chunk into its results: one line a document, in input order, each with its one outcome. It reads
 * what the store holds, so it also ends a chunk whose workflow is gone.
 */
export function createFinishChunk(deps: ActivityDeps, heavy: Heavy) {
  return async function anthropicFinishChunk(input: FinishChunkInput): Promise<ChunkSummary> {
    await assertStore(deps, input.job);
    return heartbeating((signal) => heavy(() => finishChunk(deps, input), signal));
  };
}

async function finishChunk(deps: ActivityDeps, input: FinishChunkInput): Promise<ChunkSummary> {
  const { job, chunk } = input;
  const scratch = await mkdtemp(join(tmpdir(), 'anthropic-batch-'));
  try {
    const index = await RowIndex.build(deps.store, input, scratch);
    const summary: ChunkSummary = {
      chunk,
      documents: 0,
      counts: noCounts(),
      batches: index.batches,
      rounds: index.rounds,
      failure: input.failure,
    };
    try {
      await deps.store.put(keys.results(job, chunk), resultLines(deps, input, index, summary));
    } finally {
      await index.close();
    }
    await putJson(deps.store, keys.chunkSummary(job, chunk), summary);
    return summary;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function* resultLines(
  deps: ActivityDeps,
  input: FinishChunkInput,
  index: RowIndex,
  summary: ChunkSummary,
): AsyncGenerator<Uint8Array> {
  let ordinal = 0;
  for await (const batch of lines(await deps.store.open(keys.documents(input.job, input.chunk)))) {
    let text = '';
    for (const { bytes } of batch) {
      const document = JSON.parse(bytes.toString('utf8')) as StoredDocument;
      const row = await index.row(ordinal);
      text += row ? sent(document, row, index, ordinal, input, summary) : unsent(document, input, summary);
      ordinal += 1;
      summary.documents += 1;
      if (text.length < FLUSH) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }
}

const FLUSH = 256 * 1024;

function sent(
  { id }: StoredDocument,
  raw: Buffer,
  index: RowIndex,
  ordinal: number,
  { canceled }: FinishChunkInput,
  summary: ChunkSummary,
): string {
  const row = readRow(raw);
  summary.counts[row.status] += 1;
  const head = JSON.stringify({
    id,
    status: row.status,
    class: classify({ ...row, canceledByJob: canceled }),
    attempts: index.attempts(ordinal),
    batch_id: index.batchOf(ordinal),
    custom_id: row.customId,
  });
  const tail =
    row.status === 'succeeded' ? `"message":${rawMessage(raw)}` : `"error":${JSON.stringify(row.error)}`;
  return `${head.slice(0, -1)},${tail}}\n`;
}

function unsent(
  { id, not_sent }: StoredDocument,
  { unsent }: FinishChunkInput,
  summary: ChunkSummary,
): string {
  summary.counts.not_sent += 1;
  const status = 'not_sent';
  const error = not_sent ?? unsent;
  return `${JSON.stringify({ id, status, class: classify({ status }), attempts: 0, batch_id: null, custom_id: null, error })}\n`;
}
