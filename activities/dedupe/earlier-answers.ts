import { isDeepStrictEqual } from 'node:util';
import { log } from '@temporalio/activity';
import type { DigestTable } from '../../src/input/digest-table';
import type { ChunkRef } from '../../src/job/activity-types';
import { isDeterministic } from '../../src/job/failure';
import type { JobRef } from '../../src/job/job';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { lines } from '../../src/lines/split';
import { keys } from '../../src/records/keys';
import { classOf } from '../../src/records/result-line';
import { storedJobs } from '../../src/records/stored-jobs';
import { DamagedKeyError, KeyExistsError, KeyNotFoundError, type Store } from '../../src/store/store';
import { abortable } from '../runtime/context';
import { ScratchFile } from '../runtime/scratch-file';
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
  readonly #file: ScratchFile;
  readonly #start: Float64Array;
  readonly #length: Uint32Array;

  private constructor(
    search: EarlierSearch,
    file: ScratchFile,
    start: Float64Array,
    /** 0 in a slot without an answer. */
    length: Uint32Array,
  ) {
    this.#search = search;
    this.#file = file;
    this.#start = start;
    this.#length = length;
  }

  static async gather(search: EarlierSearch, path: string): Promise<EarlierAnswers> {
    const start = new Float64Array(search.table.slots);
    const length = new Uint32Array(search.table.slots);
    const slots: number[] = [];
    const taken = new Set<number>();
    const picked = async function* () {
      for await (const { line, slot } of answers(search)) {
        if (taken.has(slot)) continue;
        taken.add(slot);
        slots.push(slot);
        yield Buffer.concat([line, NEWLINE]);
      }
    };
    let at = 0;
    const file = await ScratchFile.copy(picked(), path, (line) => {
      const slot = slots[at++]!;
      start[slot] = line.start;
      length[slot] = line.bytes.length;
    });
    return new EarlierAnswers(search, file, start, length);
  }

  /**
   * Writes the answers to a chunk's requests under a key, as `[ordinal, result]` per line. An existing file
   * stays: rounds may depend on it.
   */
  async write(ref: ChunkRef, key: string): Promise<void> {
    const { store, table, mine, signal } = this.#search;
    const found: { ordinal: number; slot: number }[] = [];
    for await (const { digest, ordinal } of requestDigests(store, ref, signal)) {
      const slot = mine(digest) ? table.find(digest) : undefined;
      if (slot !== undefined && this.#length[slot]! > 0) found.push({ ordinal, slot });
    }
    if (found.length === 0) return;
    try {
      await store.put(key, abortable(this.#lines(found), signal), { ifAbsent: true });
    } catch (error) {
      if (!(error instanceof KeyExistsError)) throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async *#lines(found: { ordinal: number; slot: number }[]): AsyncGenerator<Uint8Array> {
    for (const { ordinal, slot } of found) {
      const line = await this.#file.read(this.#start[slot]!, this.#length[slot]!);
      yield Buffer.concat([Buffer.from(`[${ordinal},`), line, CLOSE]);
    }
  }
}

const NEWLINE = Buffer.from('\n');
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
  const summary = await store.head(keys.summary(job));
  if (!summary) return false;
  return typeof age !== 'number' || Date.now() - summary.modified.getTime() <= age;
}

async function* chunkAnswers(search: EarlierSearch, ref: ChunkRef): AsyncGenerator<Answer> {
  const { store, table, mine, signal } = search;
  const wanted = new Map<number, number>();
  try {
    for await (const { digest, ordinal } of requestDigests(store, ref, signal)) {
      const slot = mine(digest) ? table.find(digest) : undefined;
      if (slot !== undefined) wanted.set(ordinal, slot);
    }
    if (wanted.size === 0) return;
    let ordinal = 0;
    for await (const batch of lines(await store.open(keys.results(ref.job, ref.chunk)))) {
      signal.throwIfAborted();
      for (const { bytes: line } of batch) {
        const slot = wanted.get(ordinal);
        if (slot !== undefined && classOf(line) === 'succeeded') yield { line, slot };
        ordinal += 1;
      }
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

/** Warns of another job's damage. It must not fail this job, which only finds fewer answers. */
function warnOfDamage(key: string): void {
  log.warn('Answers of an earlier job are not reused: a key of the store is damaged', { key });
}
