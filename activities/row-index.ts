import { join } from 'node:path';
import { peekSucceeded, readRow } from '../src/anthropic/results';
import { parseCustomId } from '../src/job/custom-id';
import { MOST_REQUESTS } from '../src/job/limits';
import type { ChunkRef } from '../src/job/steps';
import { decideRound } from '../src/job/submission';
import { keys } from '../src/store/keys';
import { RoundLedger } from '../src/store/ledger';
import type { Store } from '../src/store/store';
import { abortable } from './context';
import { readSelection } from './requests';
import { ScratchFile } from './scratch-file';

/** What the last round that sent a document, or may have sent it, says of it. */
export interface FoundRow {
  /** The raw row; absent where the round's results are not here. */
  raw?: Buffer;
  /** The round's batch; absent where it is not known whether one was bought. */
  batch?: string;
  /** Rounds that sent the document, this one counted. */
  attempts: number;
}

interface Round {
  batch?: string;
  file?: ScratchFile;
}

/**
 * Where each document's last row lies among the raw results of a chunk's rounds.
 *
 * Results come in any order and are wanted in the documents': a few numbers a document in typed arrays, and the raw rows in
 * scratch files on local disk, keep memory flat whatever the answers' size.
 */
export class RowIndex {
  /** Ids of the batches that were bought, in order of their rounds. */
  readonly batches: string[] = [];
  /** Rounds of the chunk that were bought. */
  rounds = 0;
  readonly #rounds: Round[] = [];
  /** Which of them is a document's last. */
  readonly #last = new Int8Array(MOST_REQUESTS).fill(-1);
  readonly #start = new Float64Array(MOST_REQUESTS);
  readonly #length = new Uint32Array(MOST_REQUESTS);
  readonly #attempts = new Uint8Array(MOST_REQUESTS);

  private constructor() {}

  static async build(store: Store, ref: ChunkRef, scratch: string, signal: AbortSignal): Promise<RowIndex> {
    const index = new RowIndex();
    try {
      for await (const name of store.folders(keys.rounds(ref.job, ref.chunk))) {
        await index.#add(store, ref, Number(name), scratch, signal);
      }
      return index;
    } catch (error) {
      await index.close();
      throw error;
    }
  }

  /** @returns `undefined` for a document that no round sent. */
  async find(ordinal: number): Promise<FoundRow | undefined> {
    const round = this.#rounds[this.#last[ordinal]!];
    if (!round) return undefined;
    return {
      raw: await round.file?.read(this.#start[ordinal]!, this.#length[ordinal]!),
      batch: round.batch,
      attempts: this.#attempts[ordinal]!,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#rounds.map(({ file }) => file?.close()));
  }

  async #add(
    store: Store,
    ref: ChunkRef,
    number: number,
    scratch: string,
    signal: AbortSignal,
  ): Promise<void> {
    const decision = decideRound(await new RoundLedger(store, { ...ref, round: number }).read());
    if (decision.kind === 'attempt') return;
    const round: Round = {};
    const place = this.#rounds.push(round) - 1;
    if (decision.kind === 'bought') {
      this.rounds = number + 1;
      this.batches.push(decision.batch);
      round.batch = decision.batch;
      const raw = keys.rawResults(ref.job, ref.chunk, number);
      if (await store.head(raw)) {
        const source = abortable(await store.open(raw), signal);
        round.file = await ScratchFile.copy(source, join(scratch, `${number}`), ({ bytes, start }) => {
          const id = parseCustomId(peekSucceeded(bytes) ?? readRow(bytes).customId);
          // Checked when the results were retrieved; a row that is none of ours would be a bug here.
          if (!id) throw new Error(`The raw results ${raw} have a custom_id that was not sent.`);
          this.#sent(id.ordinal, place);
          this.#start[id.ordinal] = start;
          this.#length[id.ordinal] = bytes.length;
        });
        return;
      }
    }
    const selection = await readSelection(store, { ...ref, round: number });
    for (const ordinal of selection ?? this.#last.keys()) this.#sent(ordinal, place);
  }

  #sent(ordinal: number, place: number): void {
    this.#last[ordinal] = place;
    this.#attempts[ordinal]! += 1;
  }
}
