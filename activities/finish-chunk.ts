import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawMessage, readRow } from '../src/anthropic/results';
import type { ChunkSummary } from '../src/job/job';
import { classify, noCounts, RESULTS_UNAVAILABLE, UNRESOLVED } from '../src/job/outcome';
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
    deps.points?.reach('finish-chunk/joining');
    try {
      await deps.store.put(keys.results(job, chunk), resultLines(deps, input, index, summary));
    } finally {
      await index.close();
    }
    deps.points?.reach('finish-chunk/results-written');
    await putJson(deps.store, keys.chunkSummary(job, chunk), summary);
    deps.points?.reach('finish-chunk/summary-written');
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
      text += await resultLine(document, index, ordinal, input, summary);
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

async function resultLine(
  document: StoredDocument,
  index: RowIndex,
  ordinal: number,
  input: FinishChunkInput,
  summary: ChunkSummary,
): Promise<string> {
  const missing = document.not_sent ? undefined : index.missing(ordinal);
  if (missing) return unknown(document, missing.batch, index.attempts(ordinal), summary);
  const row = await index.row(ordinal);
  return row ? sent(document, row, index, ordinal, input, summary) : unsent(document, input, summary);
}

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

/**
 * A document whose last round was bought, or may have been, and whose result could not be had. It is never sent again by
 * itself: it may be paid for.
 */
function unknown(
  { id }: StoredDocument,
  batch: string | undefined,
  rows: number,
  summary: ChunkSummary,
): string {
  const status = 'errored';
  summary.counts[status] += 1;
  const error =
    batch === undefined
      ? {
          type: UNRESOLVED,
          message:
            'The request was sent, its answer was lost, and it is not known whether a batch holds it. Look in the Anthropic Console.',
        }
      : {
          type: RESULTS_UNAVAILABLE,
          message: `The request was sent in the batch ${batch}, whose results could not be had.`,
        };
  return `${JSON.stringify({ id, status, class: classify({ status, errorType: error.type }), attempts: rows + 1, batch_id: batch ?? null, custom_id: null, error })}\n`;
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
