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
  /** Whether a digest is one that the table would have. */
  mine: (digest: Buffer) => boolean;
  signal: AbortSignal;
}

/**
 * The answers that earlier jobs of the store have to a job's requests: the lines of their results, on local disk, and a few numbers a request in
 * memory. Only answers that can be used as they are (class `succeeded`) of jobs that have ended, with the same `betas`.
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
   * Writes those of a chunk's requests under a key: `[ordinal, result]` a line. What stands there already stands: it may be that rounds go
   * by it.
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
  /** A line of results; valid until the next. */
  line: Buffer;
  /** Of the digest that it answers. */
  slot: number;
}

/** The newest jobs first would be nicer, and costs a list of all of them: any answer within the age is good. */
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
    // Its message may quote a document.
    else if (isDeterministic(error)) warnOfDamage(keys.results(job, chunk));
    // Otherwise it was adopted, ended before its plan was complete, or was deleted meanwhile.
    else if (!(error instanceof KeyNotFoundError)) throw error;
  }
}

/** Another job's damage must not fail this one: it only finds fewer answers. */
function warnOfDamage(key: string): void {
  log.warn('Answers of an earlier job are not reused: a key of the store is damaged', { key });
}
