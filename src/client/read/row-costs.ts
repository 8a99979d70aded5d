import { billOf } from '../../cost/prices/bill';
import { effectivePrices } from '../../cost/prices/price-list';
import { type PriceList, UnknownModelError } from '../../cost/prices/prices';
import { readUsage } from '../../cost/prices/usage';
import { usdString } from '../../cost/prices/usd';
import type { JobRef } from '../../job/job';
import { isLost, UNRESOLVED } from '../../job/outcome';
import { parseCustomId } from '../../job/protocol/custom-id';
import { decideRound } from '../../job/protocol/submission';
import type { NormalizedSpec } from '../../job-spec/spec';
import { keys } from '../../records/keys';
import { RoundLedger } from '../../records/ledger';
import { listOrphans, type Orphan } from '../../records/orphans';
import { chunkRounds } from '../../records/rounds';
import { readJson } from '../../store/json';
import type { Store } from '../../store/store';
import type { Result } from '../types';
import type { ResultPlace } from './stored-results';

const NOTHING = '0.00';

/** The requests that a chunk has paid for, and the days at whose prices. */
interface Bought {
  batches: Map<string, Date>;
  /** Attempts that were sent live, by nonce. */
  live: Map<string, Date>;
}

/**
 * Computes what the rows of a job's results cost, at the job's prices. The rows of one chunk need its ledger,
 * which is read once.
 */
export class RowCosts {
  readonly #store: Store;
  readonly #job: JobRef;
  readonly #prices: PriceList;
  readonly #adopted: boolean;
  #chunk: { number: number; bought: Bought } | undefined;
  #orphans: Promise<Orphan[]> | undefined;

  constructor(store: Store, job: JobRef, { prices, source }: NormalizedSpec) {
    this.#store = store;
    this.#job = job;
    this.#prices = effectivePrices(prices);
    this.#adopted = source.kind === 'adopt';
  }

  /** Returns the cost of a row's own answer in USD: `0.00` if it was not billed, `null` if it is unknown. */
  async of(result: Result, { chunk, ordinal }: ResultPlace): Promise<string | null> {
    if (result.status !== 'succeeded') {
      return isLost(result.error.type) || result.error.type === UNRESOLVED ? null : NOTHING;
    }
    if (this.#chunk?.number !== chunk) {
      this.#chunk = { number: chunk, bought: await this.#boughtBy(chunk) };
    }
    const date = this.#billed(result, ordinal, this.#chunk.bought);
    // An equal request of another document, or an earlier job, paid for the answer.
    if (!date) return NOTHING;
    const usage = readUsage(result.message);
    if (!usage) return null;
    try {
      return usdString(billOf(this.#prices, usage, date).paid);
    } catch (error) {
      if (error instanceof UnknownModelError) return null;
      throw error;
    }
  }

  /** Returns the day at whose prices the chunk paid for the row's own request, if it did. */
  #billed({ batch_id, custom_id }: Result, ordinal: number, { batches, live }: Bought): Date | undefined {
    if (this.#adopted) return batches.get(batch_id!);
    const sent = parseCustomId(custom_id ?? '');
    if (sent?.ordinal !== ordinal) return undefined;
    return batch_id === null ? live.get(sent.nonce) : batches.get(batch_id);
  }

  async #boughtBy(chunk: number): Promise<Bought> {
    const store = this.#store;
    const job = this.#job;
    const bought: Bought = { batches: new Map(), live: new Map() };
    if (this.#adopted) {
      const { batch, createdAt } = await readJson<{ batch: string; createdAt: string }>(
        store,
        keys.adopted(job),
      );
      bought.batches.set(batch, new Date(createdAt));
      return bought;
    }
    for await (const round of chunkRounds(store, { job, chunk })) {
      const decision = decideRound(await new RoundLedger(store, round).read());
      if (decision.kind === 'bought') bought.batches.set(decision.batch, new Date(decision.createdAt));
      if (decision.kind === 'live') bought.live.set(decision.intent.nonce, new Date(decision.intent.apiTime));
    }
    this.#orphans ??= listOrphans(store, job);
    for (const { batch, chunk: of, createdAt } of await this.#orphans) {
      if (of === chunk) bought.batches.set(batch, new Date(createdAt));
    }
    return bought;
  }
}
