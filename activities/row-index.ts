import { join } from 'node:path';
import { readRow } from '../src/anthropic/results';
import { MOST_REQUESTS } from '../src/job/limits';
import { ANSWER_LOST } from '../src/job/outcome';
import type { ChunkRef, RoundRef } from '../src/job/steps';
import { decideRound } from '../src/job/submission';
import type { Line } from '../src/lines/split';
import { findJson } from '../src/store/json';
import { keys } from '../src/store/keys';
import { givenUpAttempts, RoundLedger } from '../src/store/ledger';
import { listOrphans, orphanResults } from '../src/store/orphans';
import { chunkRounds } from '../src/store/rounds';
import type { Store } from '../src/store/store';
import type { BatchMeter, ChunkMeter } from './chunk-meter';
import { abortable } from './context';
import { readSent } from './requests';
import { ScratchFile } from './scratch-file';
import { storedRow } from './stored-row';

/** What decides of a document: its answer, or what the last round that sent it, or may have sent it, says of it. */
export interface FoundRow {
  /** The raw row; absent where the round's results are not here. */
  raw?: Buffer;
  /** The batch that it comes from; absent where it is not known whether one was bought, and where it was sent by itself. */
  batch?: string;
  /** Why the results cannot be had any more, where they were given up. */
  reason?: string;
  /** Rounds that sent the document; an orphan whose answer is used counts as one. */
  attempts: number;
}

/** What rows are joined with. */
export interface Joining {
  store: Store;
  /** A folder on local disk. */
  scratch: string;
  /** Told of every answer, also of one that no document uses: it is billed. */
  meter: ChunkMeter;
  signal: AbortSignal;
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
  /** Requests that were sent one by one. */
  oneByOne = 0;
  /** Times that a request was sent again whose answer had been lost. */
  maybePaidTwice = 0;
  /** Ids of its batches that were bought although they had been presumed void. */
  orphans: string[] = [];
  readonly #sources: Source[] = [];
  /** Which of them decides a document. */
  readonly #decides = new Int16Array(MOST_REQUESTS).fill(-1);
  readonly #start = new Float64Array(MOST_REQUESTS);
  readonly #length = new Uint32Array(MOST_REQUESTS);
  readonly #attempts = new Uint8Array(MOST_REQUESTS);
  readonly #succeeded = new Uint8Array(MOST_REQUESTS);
  /** Whether the answer of a request that was sent by itself was lost. */
  readonly #lost = new Uint8Array(MOST_REQUESTS);

  private constructor(private readonly joining: Joining) {}

  static async build(ref: ChunkRef, joining: Joining): Promise<RowIndex> {
    const index = new RowIndex(joining);
    try {
      for await (const round of chunkRounds(joining.store, ref)) await index.#addRound(round);
      await index.#addOrphans(ref);
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

  async #addRound(ref: RoundRef): Promise<void> {
    const { store, scratch, meter, signal } = this.joining;
    const { job, chunk, round } = ref;
    const decision = decideRound(await new RoundLedger(store, ref).read());
    if (decision.kind === 'attempt') return;
    const source: Source = {};
    const place = this.#sources.push(source) - 1;
    const raw = keys.rawResults(job, chunk, round);
    if (decision.kind === 'one by one' && (await store.head(raw))) {
      const bill = meter.oneByOne(round, new Date(decision.intent.apiTime));
      this.rounds = round + 1;
      const bytes = abortable(await store.open(raw), signal);
      source.file = await ScratchFile.copy(bytes, join(scratch, `${round}`), (line) =>
        this.#answer(place, line, raw, bill),
      );
      return;
    }
    const bill =
      decision.kind === 'bought'
        ? meter.batch(round, decision.batch, new Date(decision.createdAt))
        : meter.batch(round);
    if (decision.kind === 'bought') {
      this.rounds = round + 1;
      this.batches.push(decision.batch);
      source.batch = decision.batch;
      if (await store.head(raw)) {
        const bytes = abortable(await store.open(raw), signal);
        source.file = await ScratchFile.copy(bytes, join(scratch, `${round}`), (line) => {
          const { ordinal, succeeded } = storedRow(line.bytes, raw);
          if (succeeded) bill.answer(line.bytes, !this.#succeeded[ordinal]);
          this.#sent(ordinal, place, line, succeeded);
        });
        return;
      }
    }
    const lost = await findJson<{ reason: string }>(store, keys.lost(job, chunk, round));
    source.reason = lost?.reason;
    const sent = await readSent(store, ref);
    bill.unknown(sent.length);
    for (const ordinal of sent) this.#sent(ordinal, place);
  }

  /** A row of a round that was sent one by one. What it canceled was not sent: its row decides only where there is no other. */
  #answer(place: number, line: Line, key: string, bill: BatchMeter): void {
    const { ordinal, succeeded } = storedRow(line.bytes, key);
    const row = succeeded ? undefined : readRow(line.bytes);
    if (row?.status === 'canceled') {
      if (this.#decides[ordinal] === -1) this.#decide(ordinal, place, line);
      return;
    }
    this.oneByOne += 1;
    if (succeeded) bill.answer(line.bytes, !this.#succeeded[ordinal]);
    this.#sent(ordinal, place, line, succeeded);
    if (row?.errorType !== ANSWER_LOST) return;
    bill.unknown(1);
    this.#lost[ordinal] = 1;
  }

  /** After the rounds: what one of them answered is theirs. */
  async #addOrphans(ref: ChunkRef): Promise<void> {
    const { store, scratch, meter, signal } = this.joining;
    const orphans = await listOrphans(store, ref.job, ref.chunk);
    this.orphans = orphans.map(({ batch }) => batch);
    const away = new Map(orphans.map((orphan) => [orphan.batch, orphan]));
    for await (const { batch, round, key, createdAt } of orphanResults(store, ref)) {
      away.delete(batch);
      const bill = meter.batch(round, batch, createdAt);
      const source: Source = { batch };
      const place = this.#sources.push(source) - 1;
      const bytes = abortable(await store.open(key), signal);
      source.file = await ScratchFile.copy(bytes, join(scratch, `orphan-${place}`), (line) => {
        const { ordinal, succeeded } = storedRow(line.bytes, key);
        if (!succeeded) return;
        const used = !this.#succeeded[ordinal];
        bill.answer(line.bytes, used);
        if (used) this.#took(ordinal, place, line, succeeded);
      });
    }
    if (away.size === 0) return;
    const attempts = await givenUpAttempts(store, ref);
    for (const { batch, round, attempt } of away.values()) {
      const sent = attempts.find((given) => given.round === round && given.attempt === attempt);
      meter.batch(round, batch).unknown(sent?.intent.count ?? 0);
    }
  }

  /** A round sent the request. */
  #sent(ordinal: number, place: number, line?: Line, succeeded = false): void {
    if (this.#lost[ordinal]) this.maybePaidTwice += 1;
    this.#lost[ordinal] = 0;
    this.#took(ordinal, place, line, succeeded);
  }

  #took(ordinal: number, place: number, line?: Line, succeeded = false): void {
    this.#attempts[ordinal]! += 1;
    if (this.#succeeded[ordinal]) return;
    this.#succeeded[ordinal] = Number(succeeded);
    this.#decide(ordinal, place, line);
  }

  #decide(ordinal: number, place: number, line?: Line): void {
    this.#decides[ordinal] = place;
    this.#start[ordinal] = line?.start ?? 0;
    this.#length[ordinal] = line?.bytes.length ?? 0;
  }
}
