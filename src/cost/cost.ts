// cost/: money, pure, in whole pico-USD. prices/: what an answer costs; estimate/: what it may cost; budget/:
// what a budget has left. Start here. Imports nothing.

import { billOf } from './prices/bill';
import { NO_TOKENS, type PriceList, TOKEN_KINDS, type Tokens, UnknownModelError } from './prices/prices';
import type { Usage } from './prices/usage';
import { type PicoUsd, parseUsd, usdString } from './prices/usd';

/** The cost of answers. Amounts are exact, in USD, as decimal strings. */
export interface Spent {
  /** Requests that were answered, and so are billed. */
  requests: number;
  tokens: Tokens;
  /** Web searches, which are billed separately. Unset if there were none. */
  webSearches?: number;
  /** The cost of the same answers outside of batches. */
  standard: string;
  paid: string;
  /** The savings by batches: `standard` minus `paid`. */
  saved: string;
  /** The part of `paid` for answers that are cut short or that no document uses. */
  wasted: string;
  /** Requests whose model has no price. They are in no amount. Unset if there are none. */
  unpriced?: number;
}

/** The cost of a job, or of a part of one. */
export interface Cost extends Spent {
  /** The same by model, as the answers name it. */
  models: Record<string, Spent>;
  /** Further requests that may be billed, and whose cost is unknown. Unset if there are none. */
  unknown?: number;
}

interface Sums {
  requests: number;
  tokens: Tokens;
  webSearches: number;
  standard: PicoUsd;
  paid: PicoUsd;
  wasted: PicoUsd;
  unpriced: number;
}

const noSums = (): Sums => ({
  requests: 0,
  tokens: { ...NO_TOKENS },
  webSearches: 0,
  standard: 0n,
  paid: 0n,
  wasted: 0n,
  unpriced: 0,
});

/**
 * Adds up the cost of answers, and of parts. Answers are added one at a time, because each determines its
 * price tier.
 */
export class CostSum {
  readonly #models = new Map<string, Sums>();
  #unknown = 0;

  /**
   * @param date when the answer's batch was created
   * @param useful whether a document has the answer, and it is not cut short
   */
  addAnswer(
    usage: Usage,
    { prices, date, useful }: { prices: PriceList; date: Date; useful: boolean },
  ): void {
    const { model, tokens, webSearches } = usage;
    const answer = { ...noSums(), requests: 1, tokens, webSearches };
    try {
      const { standard, paid } = billOf(prices, usage, date);
      add(this.#of(model), { ...answer, standard, paid, wasted: useful ? 0n : paid });
    } catch (error) {
      if (!(error instanceof UnknownModelError)) throw error;
      add(this.#of(model), { ...answer, unpriced: 1 });
    }
  }

  /** Adds requests that may be billed, and whose cost is unknown. */
  addUnknown(requests: number): void {
    this.#unknown += requests;
  }

  addCost({ models, unknown = 0 }: Pick<Cost, 'models' | 'unknown'>): void {
    for (const [model, spent] of Object.entries(models)) add(this.#of(model), sumsOf(spent));
    this.addUnknown(unknown);
  }

  get cost(): Cost {
    const all = noSums();
    for (const sums of this.#models.values()) add(all, sums);
    const models = [...this.#models].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      ...spentOf(all),
      models: Object.fromEntries(models.map(([model, sums]) => [model, spentOf(sums)])),
      ...(this.#unknown > 0 ? { unknown: this.#unknown } : {}),
    };
  }

  #of(model: string): Sums {
    const known = this.#models.get(model) ?? noSums();
    this.#models.set(model, known);
    return known;
  }
}

export function addCosts(a: Cost, b: Cost): Cost {
  const sum = new CostSum();
  sum.addCost(a);
  sum.addCost(b);
  return sum.cost;
}

/** Returns the cost of a single model. */
export function costOfModel(model: string, spent: Spent): Cost {
  return { ...spent, models: { [model]: spent } };
}

/** Returns the cost of requests of which only the number is known. */
export function unknownCost(requests: number): Cost {
  const sum = new CostSum();
  sum.addUnknown(requests);
  return sum.cost;
}

function add(sums: Sums, more: Sums): void {
  for (const kind of TOKEN_KINDS) sums.tokens[kind] += more.tokens[kind];
  for (const count of ['requests', 'webSearches', 'unpriced'] as const) sums[count] += more[count];
  for (const amount of ['standard', 'paid', 'wasted'] as const) sums[amount] += more[amount];
}

function spentOf({ requests, tokens, webSearches, standard, paid, wasted, unpriced }: Sums): Spent {
  return {
    requests,
    tokens: { ...tokens },
    ...(webSearches > 0 ? { webSearches } : {}),
    standard: usdString(standard),
    paid: usdString(paid),
    saved: usdString(standard - paid),
    wasted: usdString(wasted),
    ...(unpriced > 0 ? { unpriced } : {}),
  };
}

function sumsOf({ requests, tokens, webSearches = 0, unpriced = 0, ...amounts }: Spent): Sums {
  const { standard, paid, wasted } = amounts;
  return {
    requests,
    tokens,
    webSearches,
    unpriced,
    standard: parseUsd(standard)!,
    paid: parseUsd(paid)!,
    wasted: parseUsd(wasted)!,
  };
}
