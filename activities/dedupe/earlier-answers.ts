import { isDeepStrictEqual } from 'node:util';
import { log } from '@temporalio/activity';
import type { DigestTable } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { isDeterministic } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { eachLine } from '../../src/lines/split';
import { openResults, summaryWritten } from '../../src/records/chunk-results';
import { keys } from '../../src/records/keys';
import { classOf } from '../../src/records/result-line';
import { storedJobs } from '../../src/records/stored-jobs';
import type { ScratchDir } from '../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../src/scratch/scratch-index';
import { putIfAbsent } from '../../src/store/optional';
import { DamagedKeyError, KeyNotFoundError, type Store } from '../../src/store/store';
import { abortable } from '../runtime/context';
import { requestDigests } from './digests';

export interface EarlierSearch {
  store: Store;
  job: JobRef;
  spec: NormalizedSpec;
  /** The digests of the job's requests. */
  table: DigestTable;
  /** Whether a digest belongs to the table's pass. */
  mine: (digest: Buffer) => boolean;
  signal: AbortSignal;
}

/**
 * The answers that earlier jobs of the store have to a job's requests. Keeps the result lines on local disk,
 * and a few numbers per request in memory. Includes only usable answers (class `succeeded`) of jobs that have
 * ended, with the same `betas`.
 */
export class EarlierAnswers {
  readonly #search: EarlierSearch;
  /** By the slots of their digests. */
  readonly #answers: ScratchIndex;

  private constructor(search: EarlierSearch, answers: ScratchIndex) {
    this.#search = search;
    this.#answers = answers;
  }

  static async gather(search: EarlierSearch, scratch: ScratchDir): Promise<EarlierAnswers> {
    const gathered = new ScratchIndex(scratch, search.table.slots);
    for await (const { line, slot } of answers(search)) {
      if (!gathered.has(slot)) await gathered.add(slot, line);
    }
    return new EarlierAnswers(search, gathered);
  }

  /**
   * Writes the answers to a chunk's requests under a key, as `[ordinal, result]` per line, also if there are
   * none. An existing file stays: rounds may depend on it.
   */
  async write(ref: ChunkRef, key: string): Promise<void> {
    const { store, table, mine, signal } = this.#search;
    const found: { ordinal: number; slot: number }[] = [];
    for await (const { digest, ordinal } of requestDigests(store, ref, signal)) {
      const slot = mine(digest) ? table.find(digest) : undefined;
      if (slot !== undefined && this.#answers.has(slot)) found.push({ ordinal, slot });
    }
    await putIfAbsent(store, key, abortable(this.#lines(found), signal));
  }

  async *#lines(found: { ordinal: number; slot: number }[]): AsyncGenerator<Uint8Array> {
    for (const { ordinal, slot } of found) {
      const line = await this.#answers.find(slot);
      yield Buffer.concat([Buffer.from(`[${ordinal},`), line!, CLOSE]);
    }
  }
}

const CLOSE = Buffer.from(']\n');

interface Answer {
  /** A result line. Valid until the next one. */
  line: Buffer;
  /** The slot of the digest that the line answers. */
  slot: number;
}

/**
 * Yields answers in the order of the store. Newest first would need a list of all jobs, and any answer within
 * the age is good.
 */
async function* answers(search: EarlierSearch): AsyncGenerator<Answer> {
  const { store, job, spec, signal } = search;
  for await (const earlier of abortable(
    storedJobs(store, { onDamaged: ({ key }) => warnOfDamage(key) }),
    signal,
  )) {
    if (earlier.job.id === job.id && earlier.job.instance === job.instance) continue;
    if (!isDeepStrictEqual(earlier.spec.betas, spec.betas)) continue;
    if (!(await hasEndedWithin(store, earlier.job, spec.settings.reuse))) continue;
    for await (const folder of store.folders(keys.chunks(earlier.job))) {
      yield* chunkAnswers(search, { job: earlier.job, chunk: Number(folder) });
    }
  }
}

async function hasEndedWithin(store: Store, job: JobRef, age: boolean | number): Promise<boolean> {
  const ended = await summaryWritten(store, job);
  if (!ended) return false;
  return typeof age !== 'number' || Date.now() - ended.getTime() <= age;
}

async function* chunkAnswers(search: EarlierSearch, ref: ChunkRef): AsyncGenerator<Answer> {
  const { store, signal } = search;
  try {
    const wanted = await wantedIn(search, ref);
    if (wanted.size === 0) return;
    const results = await openResults(store, ref);
    if (!results) return;
    for await (const { bytes: line, ordinal } of eachLine(abortable(results, signal))) {
      const slot = wanted.get(ordinal);
      if (slot !== undefined && classOf(line) === 'succeeded') yield { line, slot };
    }
  } catch (error) {
    const { job, chunk } = ref;
    if (error instanceof DamagedKeyError) warnOfDamage(error.key);
    // The error's message may quote a document.
    else if (isDeterministic(error)) warnOfDamage(keys.results(job, chunk));
    // Otherwise the chunk was adopted, ended before its plan was complete, or was deleted meanwhile.
    else if (!(error instanceof KeyNotFoundError)) throw error;
  }
}

/** Returns the slots of a chunk's requests that this job also has, by ordinal. */
async function wantedIn({ store, table, mine, signal }: EarlierSearch, ref: ChunkRef) {
  const wanted = new Map<number, number>();
  for await (const { digest, ordinal } of requestDigests(store, ref, signal)) {
    const slot = mine(digest) ? table.find(digest) : undefined;
    if (slot !== undefined) wanted.set(ordinal, slot);
  }
  return wanted;
}

/** Warns of another job's damage. It must not fail this job, which only finds fewer answers. */
function warnOfDamage(key: string): void {
  log.warn('Answers of an earlier job are not reused: a key of the store is damaged', { key });
}
