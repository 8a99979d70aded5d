import type { ResultRow } from '../../src/anthropic/results';
import { CostSum } from '../../src/cost/cost';
import type { PriceList } from '../../src/cost/prices/prices';
import { readUsage } from '../../src/cost/prices/usage';
import type { RoundCost } from '../../src/job/job';
import { classify } from '../../src/job/outcome';

/** Adds up the cost of a chunk's answers, batch by batch. */
export class ChunkMeter {
  readonly #batches: BatchMeter[] = [];

  readonly #prices: PriceList;

  constructor(prices: PriceList) {
    this.#prices = prices;
  }

  /**
   * Adds a batch of a round. The batch has no id if it is unknown whether it exists.
   *
   * @param created creation time: prices are those of that day
   */
  batch(round: number, batch?: string, created = new Date()): BatchMeter {
    const meter = new BatchMeter(round, batch, created, this.#prices);
    this.#batches.push(meter);
    return meter;
  }

  /** Adds a round that was sent live. @param begun prices are those of that day */
  live(round: number, begun: Date): BatchMeter {
    const meter = new BatchMeter(round, undefined, begun, this.#prices, true);
    this.#batches.push(meter);
    return meter;
  }

  get costs(): RoundCost[] {
    return this.#batches.map(({ round, batch, live, sum }) => ({
      round,
      batch,
      live,
      cost: sum.cost,
    }));
  }

  get cost() {
    const all = new CostSum();
    for (const { sum } of this.#batches) all.addCost(sum.cost);
    return all.cost;
  }
}

export class BatchMeter {
  readonly sum = new CostSum();

  readonly #created: Date;
  readonly #prices: PriceList;

  constructor(
    readonly round: number,
    readonly batch: string | undefined,
    created: Date,
    prices: PriceList,
    readonly live?: true,
  ) {
    this.#created = created;
    this.#prices = prices;
  }

  /**
   * Adds a succeeded row. It is billed, whether it is used or not.
   *
   * @param used whether it is the answer of a document
   */
  answer(row: ResultRow, used: boolean): void {
    const usage = readUsage(row.message);
    if (!usage) {
      this.unknown(1);
      return;
    }
    const useful = used && classify(row) === 'succeeded';
    this.sum.addAnswer(usage, { prices: this.#prices, date: this.#created, useful });
  }

  /** Adds requests that were or may have been sent and whose rows are missing. */
  unknown(requests: number): void {
    this.sum.addUnknown(requests);
  }
}
