import type { Place } from '../../src/input/digest-table';
import type { ChunkRef, EqualRequests } from '../../src/job/activity-types';
import { ErrorCounts } from '../../src/job/error-counts';
import type { JobRef, StoredChunkSummary } from '../../src/job/job';
import { isLost, noCounts, OVER_BUDGET, UNRESOLVED } from '../../src/job/outcome';
import { eachLine } from '../../src/lines/split';
import {
  addChunkSummary,
  findChunkSummary,
  newestChunkSummary,
  openResults,
  removeOldResults,
  writeResults,
} from '../../src/records/chunk-results';
import { keys } from '../../src/records/keys';
import { statusOf, underId } from '../../src/records/result-line';
import { type ScratchDir, withScratchDir } from '../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../src/scratch/scratch-index';
import { findJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import { abortable } from '../runtime/context';
import { readEqual } from './equal-documents';

/**
 * Copies outcomes to documents whose equal request was sent by another chunk, whatever the outcome is. Call
 * once the chunks have ended. Idempotent: a repetition copies the current outcome.
 */
export async function answerEqual(store: Store, job: JobRef, signal: AbortSignal): Promise<void> {
  for (const chunk of await chunksWithEqual(store, job)) await answerChunk(store, { job, chunk }, signal);
}

/** Returns whether documents of a job wait for the answer of another chunk. */
export async function hasAwaiting(store: Store, job: JobRef): Promise<boolean> {
  for (const chunk of await chunksWithEqual(store, job)) {
    if ((await findChunkSummary(store, { job, chunk }))?.awaiting) return true;
  }
  return false;
}

async function chunksWithEqual(store: Store, job: JobRef): Promise<number[]> {
  const equal = await findJson<EqualRequests>(store, keys.equalRequests(job));
  return (equal?.chunks ?? []).map(([chunk]) => chunk);
}

/**
 * Does the same for one chunk if the job has already ended, as after a Reset of the chunk alone. No later
 * step would do it.
 */
export async function answerLateChunk(store: Store, ref: ChunkRef, signal: AbortSignal): Promise<void> {
  if (!(await store.head(keys.summary(ref.job)))) return;
  await answerChunk(store, ref, signal);
  await removeOldResults(store, ref.job);
}

async function answerChunk(store: Store, ref: ChunkRef, signal: AbortSignal): Promise<void> {
  const elsewhere = [...(await readEqual(store, ref))].filter(([, first]) => first.chunk !== ref.chunk);
  if (elsewhere.length > 0) await answer(store, ref, new Map(elsewhere), signal);
}

async function answer(
  store: Store,
  ref: ChunkRef,
  elsewhere: ReadonlyMap<number, Place>,
  signal: AbortSignal,
): Promise<void> {
  const { job } = ref;
  const { value: summary, next } = await newestChunkSummary(store, ref);
  // A chunk that could not be closed has no results either.
  if (!summary) return;
  await withScratchDir(async (scratch) => {
    const answers = new Answers(scratch, elsewhere.size);
    await answers.gather(store, job, [...elsewhere.values()], signal);
    const written = new Answered(elsewhere, answers);
    const before = abortable(await store.open(summary.results), signal);
    const results = await writeResults(store, ref, next, written.lines(before));
    const { counts, unresolved, overBudget, lost, errors } = written;
    const ended: StoredChunkSummary = {
      ...summary,
      results,
      counts,
      unresolved: unresolved || undefined,
      overBudget: overBudget || undefined,
      lost: lost || undefined,
      awaiting: undefined,
      errors: errors.counts,
    };
    await addChunkSummary(store, ref, next, ended);
  });
}

/** Rewrites a chunk's result lines with those that waited replaced, and counts them again. */
class Answered {
  readonly counts = noCounts();
  unresolved = 0;
  overBudget = 0;
  lost = 0;
  readonly errors = new ErrorCounts();

  readonly #elsewhere: ReadonlyMap<number, Place>;
  readonly #answers: Answers;

  constructor(elsewhere: ReadonlyMap<number, Place>, answers: Answers) {
    this.#elsewhere = elsewhere;
    this.#answers = answers;
  }

  async *lines(results: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const { bytes, ordinal } of eachLine(results)) {
      const first = this.#elsewhere.get(ordinal);
      const line = first ? await this.#answered(bytes, first) : bytes;
      this.#count(line);
      yield Buffer.concat([line, NEWLINE]);
    }
  }

  /**
   * Returns the other document's line with this one's id, or the existing line if the other chunk has no
   * results.
   */
  async #answered(line: Buffer, first: Place): Promise<Buffer> {
    const answer = await this.#answers.find(first);
    if (!answer) return line;
    return underId((JSON.parse(line.toString('utf8')) as { id: string }).id, answer);
  }

  #count(line: Buffer): void {
    const status = statusOf(line);
    this.counts[status] += 1;
    if (status === 'succeeded') return;
    const { error } = JSON.parse(line.toString('utf8')) as {
      error: { type: string; message: string };
    };
    this.errors.add(error.type, error.message);
    if (error.type === UNRESOLVED) this.unresolved += 1;
    if (error.type === OVER_BUDGET) this.overBudget += 1;
    if (isLost(error.type)) this.lost += 1;
  }
}

/** Result lines from any chunks of a job, copied to local disk because they are needed in another order. */
class Answers {
  readonly #lines: ScratchIndex;
  readonly #numbers = new Map<string, number>();

  constructor(scratch: ScratchDir, most: number) {
    this.#lines = new ScratchIndex(scratch, most);
  }

  async gather(store: Store, job: JobRef, places: readonly Place[], signal: AbortSignal): Promise<void> {
    const wanted = new Map<number, Set<number>>();
    for (const { chunk, ordinal } of places) {
      const ordinals = wanted.get(chunk) ?? new Set();
      wanted.set(chunk, ordinals.add(ordinal));
    }
    for (const [chunk, ordinals] of wanted) {
      for await (const { line, ordinal } of linesAt(store, { job, chunk }, ordinals, signal)) {
        const number = this.#numbers.size;
        await this.#lines.add(number, line);
        this.#numbers.set(nameOf({ chunk, ordinal }), number);
      }
    }
  }

  async find(place: Place): Promise<Buffer | undefined> {
    const number = this.#numbers.get(nameOf(place));
    return number === undefined ? undefined : this.#lines.find(number);
  }
}

async function* linesAt(
  store: Store,
  ref: ChunkRef,
  ordinals: ReadonlySet<number>,
  signal: AbortSignal,
): AsyncGenerator<{ line: Buffer; ordinal: number }> {
  const results = await openResults(store, ref);
  if (!results) return;
  for await (const { bytes, ordinal } of eachLine(abortable(results, signal))) {
    if (ordinals.has(ordinal)) yield { line: bytes, ordinal };
  }
}

const NEWLINE = Buffer.from('\n');

const nameOf = ({ chunk, ordinal }: Place) => `${chunk} ${ordinal}`;
