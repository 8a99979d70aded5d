import type { Cost, Spent } from './cost';
import { parseUsd, showUsd } from './prices/usd';

const usd = (amount: string) => showUsd(parseUsd(amount)!);

/** Formats a cost for people: `2.40 USD (standard 4.80, saved 2.40, wasted 0.12)`. */
export function costText({
  standard,
  paid,
  saved,
  wasted,
}: Pick<Spent, 'standard' | 'paid' | 'saved' | 'wasted'>): string {
  const more = [`standard ${usd(standard)}`, `saved ${usd(saved)}`];
  if (parseUsd(wasted)! > 0n) more.push(`wasted ${usd(wasted)}`);
  return `${usd(paid)} USD (${more.join(', ')})`;
}

/** A budget and its state. Amounts are in USD, as exact decimal strings. */
export interface BudgetStanding {
  /** `JOB_BUDGET` for a job's own budget, or the period of the store's budget. */
  budget: string;
  maxUsd: string;
  spent: string;
  reserved: string;
}

/** The name of a job's own budget. */
export const JOB_BUDGET = 'job';

/**
 * Formats a budget and its state as the start of a sentence. Amounts are exact, because people derive the new
 * budget from them.
 */
export function budgetText({ budget, maxUsd, spent, reserved }: BudgetStanding): string {
  const whose = budget === JOB_BUDGET ? 'The budget of the job' : `The budget of the store for the ${budget}`;
  return `${whose}, ${maxUsd} USD with ${spent} spent and ${reserved} reserved,`;
}

/** Returns what a cost omits, and why; `undefined` if it is complete. */
export function costGap({ models, unknown }: Pick<Cost, 'models' | 'unknown'>): string | undefined {
  const gaps = Object.entries(models)
    .filter(([, { unpriced }]) => unpriced)
    .map(([model, { unpriced }]) => `${requests(unpriced!)} of ${model}, which has no price`);
  const gap = [...gaps, ...(unknown ? [`${requests(unknown)} whose cost is unknown`] : [])].join('; ');
  if (gap === '') return undefined;
  return gaps.length > 0
    ? `without ${gap}. Set its price with --prices FILE, or the option prices`
    : `without ${gap}`;
}

const requests = (count: number) => `${count} ${count === 1 ? 'request' : 'requests'}`;
