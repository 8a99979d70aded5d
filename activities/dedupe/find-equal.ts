// dedupe/: sends equal requests once, and reuses answers of earlier jobs. Start here.

import { DigestTable, type Place } from '../../src/input/digest-table';
import type { ChunkRef, EqualRequests, FindEqualInput } from '../../src/job/activity-types';
import { keys } from '../../src/records/keys';
import { withScratchDir } from '../../src/scratch/scratch-dir';
import { findJson, putJsonIfAbsent } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { selectFirst } from '../runtime/requests';
import { isOfPass, requestDigests } from './digests';
import { EarlierAnswers } from './earlier-answers';
import { readEqual, writeEqual } from './equal-documents';
import { reusedOrdinals } from './reused-answers';

/** Digests held in memory: 144 MB. A larger set needs several passes over its digests. */
const CAPACITY = 2_000_000;

/**
 * Finds the requests of a planned job that need not be sent: those equal to an earlier one byte for byte, and
 * those that an earlier job answered. Leaves them out of the first round. The first result stands, because
 * rounds depend on it.
 */
export function createFindEqual(deps: ActivityDeps, heavy: Limit, capacity = CAPACITY) {
  return async function anthropicFindEqual(input: FindEqualInput): Promise<EqualRequests> {
    return onJob(deps, input, (signal) =>
      heavy(() => new EqualSearch(deps, input, capacity, signal).search(), signal),
    );
  };
}

class EqualSearch {
  readonly #store: Store;
  readonly #passes: number;
  readonly #chunks: ChunkRef[];

  readonly #deps: ActivityDeps;
  readonly #input: FindEqualInput;
  readonly #capacity: number;
  readonly #signal: AbortSignal;

  constructor(deps: ActivityDeps, input: FindEqualInput, capacity: number, signal: AbortSignal) {
    this.#deps = deps;
    this.#input = input;
    this.#capacity = capacity;
    this.#signal = signal;

    const { job, chunks, documents } = input;
    this.#store = deps.store;
    this.#passes = Math.ceil(documents / capacity);
    this.#chunks = Array.from({ length: chunks }, (_, chunk) => ({ job, chunk }));
  }

  async search(): Promise<EqualRequests> {
    const { job } = this.#input;
    const standing = await findJson<EqualRequests>(this.#store, keys.equalRequests(job));
    if (standing) return standing;
    for (let pass = 0; pass < this.#passes; pass += 1) await this.#pass(pass);
    this.#deps.points?.reach('find-equal/found');
    const found: EqualRequests = { chunks: [] };
    for (const ref of this.#chunks) {
      const left = await this.#leaveOut(ref);
      if (left > 0) found.chunks.push([ref.chunk, left]);
    }
    this.#deps.points?.reach('find-equal/left-out');
    // Made of selections that stand, so another process finds the same.
    await putJsonIfAbsent(this.#store, keys.equalRequests(job), found);
    return found;
  }

  async #pass(pass: number): Promise<void> {
    const spec = await jobSpec(this.#store, this.#input.job);
    const { deduplicate, reuse } = spec.settings;
    const table = new DigestTable(Math.min(this.#input.documents, 2 * this.#capacity));
    for (const ref of this.#chunks) await this.#fill(table, ref, pass, deduplicate === true);
    if (!reuse) return;
    const mine = (digest: Buffer) => isOfPass(digest, pass, this.#passes);
    const search = { store: this.#store, job: this.#input.job, spec, table, mine, signal: this.#signal };
    await withScratchDir(async (scratch) => {
      const earlier = await EarlierAnswers.gather(search, scratch);
      for (const ref of this.#chunks) await earlier.write(ref, keys.reused(ref.job, ref.chunk, pass));
    });
  }

  async #fill(table: DigestTable, ref: ChunkRef, pass: number, deduplicate: boolean): Promise<void> {
    const equal = new Map<number, Place>();
    for await (const { digest, ordinal } of requestDigests(this.#store, ref, this.#signal)) {
      if (!isOfPass(digest, pass, this.#passes)) continue;
      const first = table.add(digest, { chunk: ref.chunk, ordinal });
      if (first && deduplicate) equal.set(ordinal, first);
    }
    if (equal.size > 0) await writeEqual(this.#store, ref, pass, equal);
  }

  /** Selects the requests of a chunk's first round. @returns how many requests need not be sent */
  async #leaveOut(ref: ChunkRef): Promise<number> {
    const equal = await readEqual(this.#store, ref);
    const reused = await reusedOrdinals(this.#store, ref);
    if (equal.size + reused.size === 0) return 0;
    const sent: number[] = [];
    let sendable = 0;
    for await (const { ordinal } of requestDigests(this.#store, ref, this.#signal)) {
      sendable += 1;
      if (!equal.has(ordinal) && !reused.has(ordinal)) sent.push(ordinal);
    }
    return sendable - (await selectFirst(this.#store, ref, sent));
  }
}
