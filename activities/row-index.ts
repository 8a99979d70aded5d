import { join } from 'node:path';
import { MOST_REQUESTS } from '../src/job/limits';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { decideRound } from '../src/job/submission';
import type { Line } from '../src/lines/split';
import { findJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import { listOrphans, orphanResults } from '../src/store/orphans';
import { chunkRounds } from '../src/store/rounds';
import type { Store } from '../src/store/store';
import { abortable } from './context';
import { readSent } from './requests';
import { ScratchFile } from './scratch-file';
import { storedRow } from './stored-row';

/** What decides of a document: its answer, or what the last round that sent it, or may have sent it, says of it. */
export interface FoundRow {
  /** The raw row; absent where the round's results are not here. */
  raw?: Buffer;
  /** The batch that it comes from; absent where it is not known whether one was bought. */
  batch?: string;
  /** Why the results cannot be had any more, where they were given up. */
  reason?: string;
  /** Rounds that sent the document; an orphan whose answer is used counts as one. */
  attempts: number;
}

/** A round, or a batch of one that was presumed void. */
interface Source {
  batch?: string;
  reason?: string;
  file?: ScratchFile;
}

/**
 * Where the row that decides each document lies among the raw results of a chunk's rounds. An answer is never given up for a
 * later failure, and that of an orphan serves where no round has one: both are paid for.
 *
 * Results come in any order and are wanted in the documents': a few numbers a document in typed arrays, and the raw rows in
 * scratch files on local disk, keep memory flat whatever the answers' size.
 */
export class RowIndex {
  /** Ids of the batches that were bought, in order of their rounds. */
  readonly batches: string[] = [];
  /** Rounds of the chunk that were bought. */
  rounds = 0;
  /** Ids of its batches that were bought although they had been presumed void. */
  orphans: string[] = [];
  readonly #sources: Source[] = [];
  /** Which of them decides a document. */
  readonly #decides = new Int16Array(MOST_REQUESTS).fill(-1);
  readonly #start = new Float64Array(MOST_REQUESTS);
  readonly #length = new Uint32Array(MOST_REQUESTS);
  readonly #attempts = new Uint8Array(MOST_REQUESTS);
  readonly #succeeded = new Uint8Array(MOST_REQUESTS);

  private constructor() {}

  static async build(store: Store, ref: ChunkRef, scratch: string, signal: AbortSignal): Promise<RowIndex> {
    const index = new RowIndex();
    try {
      for await (const round of chunkRounds(store, ref)) await index.#addRound(store, round, scratch, signal);
      await index.#addOrphans(store, ref, scratch, signal);
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /** @returns `undefined` for a document that no round sent. */
  async find(ordinal: number): Promise<FoundRow | undefined> {
    const source = this.#sources[this.#decides[ordinal]!];
    if (!source) return undefined;
    return {
      raw: await source.file?.read(this.#start[ordinal]!, this.#length[ordinal]!),
      batch: source.batch,
      reason: source.reason,
      attempts: this.#attempts[ordinal]!,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map(({ file }) => file?.close()));
  }

  async #addRound(store: Store, ref: RoundRef, scratch: string, signal: AbortSignal): Promise<void> {
    const { job, chunk, round } = ref;
    const decision = decideRound(await new RoundLedger(store, ref).read());
    if (decision.kind === 'attempt') return;
    const source: Source = {};
    const place = this.#sources.push(source) - 1;
    if (decision.kind === 'bought') {
      this.rounds = round + 1;
      this.batches.push(decision.batch);
      source.batch = decision.batch;
      const raw = keys.rawResults(job, chunk, round);
      if (await store.head(raw)) {
        const bytes = abortable(await store.open(raw), signal);
        source.file = await ScratchFile.copy(bytes, join(scratch, `${round}`), (line) => {
          const { ordinal, succeeded } = storedRow(line.bytes, raw);
          this.#sent(ordinal, place, line, succeeded);
        });
        return;
      }
    }
    const lost = await findJson<{ reason: string }>(store, keys.lost(job, chunk, round));
    source.reason = lost?.reason;
    for (const ordinal of await readSent(store, ref)) this.#sent(ordinal, place);
  }

  /** After the rounds: what one of them answered is theirs. */
  async #addOrphans(store: Store, ref: ChunkRef, scratch: string, signal: AbortSignal): Promise<void> {
    this.orphans = (await listOrphans(store, ref.job, ref.chunk)).map(({ batch }) => batch);
    for await (const { batch, key } of orphanResults(store, ref)) {
      const source: Source = { batch };
      const place = this.#sources.push(source) - 1;
      const bytes = abortable(await store.open(key), signal);
      source.file = await ScratchFile.copy(bytes, join(scratch, `orphan-${place}`), (line) => {
        const { ordinal, succeeded } = storedRow(line.bytes, key);
        if (succeeded && !this.#succeeded[ordinal]) this.#sent(ordinal, place, line, succeeded);
      });
    }
  }

  #sent(ordinal: number, place: number, line?: Line, succeeded = false): void {
    this.#attempts[ordinal]! += 1;
    if (this.#succeeded[ordinal]) return;
    this.#succeeded[ordinal] = Number(succeeded);
    this.#decides[ordinal] = place;
    this.#start[ordinal] = line?.start ?? 0;
    this.#length[ordinal] = line?.bytes.length ?? 0;
  }
}
