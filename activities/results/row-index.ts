import { JudgedRows } from '../../src/anthropic/judged-rows';
import { SentRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef, RoundRef } from '../../src/job/activity-types';
import { MOST_REQUESTS } from '../../src/job/limits';
import { ANSWER_LOST } from '../../src/job/outcome';
import {
  type AttemptLedger,
  boughtAttempt,
  decideRound,
  type RoundDecision,
} from '../../src/job/protocol/submission';
import { type LostBatch, lostBatch, type WaitReason } from '../../src/job/reason';
import { Downloads, type StoredResults } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { listOrphans } from '../../src/records/orphans';
import { chunkFiles } from '../../src/records/planned-chunk';
import { chunkRounds } from '../../src/records/rounds';
import type { ScratchDir } from '../../src/scratch/scratch-dir';
import { ScratchIndex } from '../../src/scratch/scratch-index';
import { findJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { BatchMeter, ChunkMeter } from '../budget/chunk-meter';
import { orphanResults } from '../orphans/orphan-answers';
import { readSent } from '../runtime/requests';
import { indexRows } from './index-rows';
import type { LostResults } from './write-off';

/** The source of a document's outcome: its answer, or the last round that sent it or may have sent it. */
export interface FoundRow {
  /** The raw row. Unset if the round's results are missing. */
  raw?: Buffer;
  /** The row's batch. Unset if it is unknown whether one was bought, or if the request was sent live. */
  batch?: string;
  /** The request's batch, if it is unknown whether the batch exists. */
  unresolved?: LostBatch;
  /** Why the results are lost, if they were written off. */
  reason?: WaitReason;
  /** Number of rounds that sent the document. An orphan whose answer is used counts as one. */
  attempts: number;
}

/** The context for joining rows. */
export interface Joining {
  store: Store;
  scratch: ScratchDir;
  /** Receives every answer, including unused ones: they are billed. */
  meter: ChunkMeter;
  signal: AbortSignal;
}

/** A round, or an orphan batch of one. */
type Source = Pick<FoundRow, 'batch' | 'unresolved' | 'reason'>;

/** The rows of one batch, copied to local disk. */
interface ReadRows {
  rows: JudgedRows;
  index: ScratchIndex;
  answered: Uint8Array;
  canceled: Set<number>;
  /** Requests that were sent live and whose answer was lost. */
  lost: Set<number>;
}

/** The combined results of one batch. */
export interface BatchResults {
  round: number;
  batch?: string;
  found: StoredResults;
}

/**
 * Finds the row that decides each document among the raw results of a chunk's rounds. A later failure never
 * replaces an answer, and an orphan's answer is used if no round has one: both are paid for.
 *
 * Results come in any order and are needed in document order. A few numbers per document in typed arrays, and
 * raw rows in scratch files on local disk, keep memory constant for answers of any size.
 */
export class RowIndex {
  /** Ids of the batches that were bought, in order of their rounds. */
  readonly batches: string[] = [];
  /** The combined results of its batches that are in the store. */
  readonly results: BatchResults[] = [];
  /** Rounds of the chunk that were bought. */
  rounds = 0;
  /** Requests that were sent live, or may have been. */
  live = 0;
  /** How often a request was resent after its answer was lost. */
  maybePaidTwice = 0;
  /** Ids of its batches that were bought although they had been presumed lost. */
  orphans: string[] = [];
  readonly #sources: Source[] = [];
  /** Index of the source that decides each document. */
  readonly #decides = new Int16Array(MOST_REQUESTS).fill(-1);
  /** The rows of those sources. */
  readonly #rows: ScratchIndex;
  readonly #attempts = new Uint8Array(MOST_REQUESTS);
  readonly #succeeded = new Uint8Array(MOST_REQUESTS);
  /** Whether the answer of a request that was sent live was lost. */
  readonly #lost = new Uint8Array(MOST_REQUESTS);

  readonly #joining: Joining;

  readonly #ref: ChunkRef;

  private constructor(ref: ChunkRef, joining: Joining) {
    this.#ref = ref;
    this.#joining = joining;
    this.#rows = new ScratchIndex(joining.scratch, MOST_REQUESTS);
  }

  static async build(ref: ChunkRef, joining: Joining): Promise<RowIndex> {
    const index = new RowIndex(ref, joining);
    for await (const round of chunkRounds(joining.store, ref)) await index.#addRound(round);
    await index.#addOrphans(ref);
    return index;
  }

  /** Opens the chunk's documents. */
  async documents(): Promise<AsyncIterable<Uint8Array>> {
    const { store } = this.#joining;
    return store.open((await chunkFiles(store, this.#ref)).documents);
  }

  /** @returns `undefined` for a document that no round sent */
  async find(ordinal: number): Promise<FoundRow | undefined> {
    const source = this.#sources[this.#decides[ordinal]!];
    if (!source) return undefined;
    return {
      raw: await this.#rows.find(ordinal),
      ...source,
      attempts: this.#attempts[ordinal]!,
    };
  }

  async #addRound(ref: RoundRef): Promise<void> {
    const { store, meter } = this.#joining;
    const { job, chunk, round } = ref;
    const attempts = await new RoundLedger(store, ref).read();
    const decision = decideRound(attempts);
    if (decision.kind === 'maySend') return;
    const downloads = new Downloads(store, { job, chunk, round });
    const numbers = await downloads.counted();
    const isStored = numbers.length > 0;
    const live = decision.kind === 'live' ? decision.intent : undefined;
    if (decision.kind === 'bought' || (live && isStored)) this.rounds = round + 1;
    const { batch, createdAt } = boughtBy(decision);
    if (batch !== undefined) this.batches.push(batch);
    const intent = live ?? boughtAttempt(attempts)?.intent;
    const bill = live ? meter.live(round, new Date(live.apiTime)) : meter.batch(round, batch, createdAt);
    const sent = await readSent(store, ref);
    const lost = await findJson<LostResults>(store, keys.lost(job, chunk, round));
    this.#sources.push({ batch, unresolved: unresolvedBy(decision, attempts), reason: lost?.reason });
    if (!intent || !isStored) return this.#addUnknown(sent, bill, live !== undefined);
    const found = await downloads.judged();
    if (found) this.results.push({ round, batch, found });
    const read = await this.#read(new SentRows(intent.nonce, sent), downloads, numbers, bill);
    const record = live ? this.#sentLive : this.#sent;
    for (const ordinal of sent) record.call(this, ordinal, read);
    bill.unknown(read.lost.size + read.rows.lost().length);
  }

  /** Records a round without results. It may have been paid for. */
  #addUnknown(sent: readonly number[], bill: BatchMeter, isLive: boolean): void {
    bill.unknown(sent.length);
    for (const ordinal of sent) this.#sent(ordinal);
    if (isLive) this.live += sent.length;
  }

  /** Reads downloads of one batch into scratch files, and records the cost of their answers. */
  async #read(
    owed: SentRows,
    downloads: Downloads,
    numbers: readonly number[],
    bill: BatchMeter,
  ): Promise<ReadRows> {
    const { scratch, signal } = this.#joining;
    const rows = new JudgedRows(owed);
    const read: ReadRows = {
      rows,
      index: new ScratchIndex(scratch, MOST_REQUESTS),
      answered: new Uint8Array(MOST_REQUESTS),
      canceled: new Set(),
      lost: new Set(),
    };
    for (const number of numbers) {
      await indexRows(read.index, await downloads.open(number), rows, signal, ({ number, row }) => {
        const succeeded = row?.status === 'succeeded';
        read.answered[number] = Number(succeeded);
        if (succeeded) bill.answer(row, !this.#succeeded[number]);
        if (row?.status === 'canceled') read.canceled.add(number);
        if (row?.errorType === ANSWER_LOST) read.lost.add(number);
      });
    }
    return read;
  }

  /** Adds orphans. Called after the rounds, whose answers come first. */
  async #addOrphans(ref: ChunkRef): Promise<void> {
    const { store, meter } = this.#joining;
    const orphans = await listOrphans(store, ref.job, ref.chunk);
    this.orphans = orphans.map(({ batch }) => batch);
    const away = new Map(orphans.map((orphan) => [orphan.batch, orphan]));
    for await (const orphan of orphanResults(store, ref)) {
      const { batch, round, createdAt, downloads, numbers } = orphan;
      const owed = orphan.sent();
      away.delete(batch);
      const bill = meter.batch(round, batch, createdAt);
      const found = await downloads.judged();
      if (found) this.results.push({ round, batch, found });
      this.#sources.push({ batch });
      const read = await this.#read(owed, downloads, numbers, bill);
      for (const ordinal of owed.all) {
        if (read.answered[ordinal] && !this.#succeeded[ordinal]) this.#took(ordinal, read);
      }
      bill.unknown(read.rows.lost().length);
    }
    for (const { batch, round } of away.values()) {
      meter.batch(round, batch).unknown((await readSent(store, { ...ref, round })).length);
    }
  }

  /** Records that a round sent the request. */
  #sent(ordinal: number, read?: ReadRows): void {
    if (this.#lost[ordinal]) this.maybePaidTwice += 1;
    this.#lost[ordinal] = 0;
    this.#took(ordinal, read);
  }

  /** Records what a live round did with the request. */
  #sentLive(ordinal: number, read: ReadRows): void {
    // A request that the round canceled was not sent. Its row decides only if there is no other.
    if (read.canceled.has(ordinal)) {
      if (this.#decides[ordinal] === -1) this.#decide(ordinal, read);
      return;
    }
    this.live += 1;
    this.#sent(ordinal, read);
    if (read.lost.has(ordinal)) this.#lost[ordinal] = 1;
  }

  #took(ordinal: number, read?: ReadRows): void {
    this.#attempts[ordinal]! += 1;
    if (this.#succeeded[ordinal]) return;
    this.#succeeded[ordinal] = read?.answered[ordinal] ?? 0;
    this.#decide(ordinal, read);
  }

  /** Makes the last source, and its row if it has one, the outcome of a document. */
  #decide(ordinal: number, read?: ReadRows): void {
    this.#decides[ordinal] = this.#sources.length - 1;
    this.#rows.take(ordinal, read?.index);
  }
}

function unresolvedBy(decision: RoundDecision, attempts: readonly AttemptLedger[]): LostBatch | undefined {
  if (decision.kind !== 'mustReconcile') return undefined;
  return lostBatch(attempts.find(({ attempt }) => attempt === decision.attempt)!.intent!);
}

const boughtBy = (decision: RoundDecision): { batch?: string; createdAt?: Date } =>
  decision.kind === 'bought' ? { batch: decision.batch, createdAt: new Date(decision.createdAt) } : {};
