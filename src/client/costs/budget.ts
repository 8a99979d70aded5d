import { reservedIn } from '../../cost/budget/account';
import { PERIODS } from '../../cost/budget/period';
import { parseUsd, usdString } from '../../cost/prices/usd';
import { usdAmount } from '../../job-spec/amount';
import { show } from '../../job-spec/show';
import { AccountBook } from '../../records/account';
import {
  type Budget,
  budgetOfStore,
  type StoreBudget,
  setStoreBudget,
  unsetStoreBudget,
} from '../../records/budgets';
import type { Store } from '../../store/store';
import { OptionError } from '../errors';

/** How a budget stands. Amounts are in USD, exact, as decimal strings. */
export interface BudgetState {
  maxUsd: string;
  /** What the chunks that have ended cost. */
  spent: string;
  /** The worst case of the chunks that are on their way. */
  reserved: string;
  /** What is neither; negative where answers cost more than was foreseen. */
  left: string;
  /** Chunks that are on their way. */
  chunks: number;
  /** The period that it is about, where it is the store's: `month 2026-11`. */
  period?: string;
}

/** What all jobs of a store together may cost in a period. Periods begin at midnight UTC, weeks on Mondays. */
export interface StoreBudgetOptions {
  per: StoreBudget['per'];
  /** USD. */
  maxUsd: string | number;
}

export async function budgetState(store: Store, { maxUsd, book }: Budget): Promise<BudgetState> {
  const account = await new AccountBook(store, book).read();
  const reserved = reservedIn(account);
  return {
    maxUsd,
    spent: usdString(account.spent),
    reserved: usdString(reserved),
    left: usdString(parseUsd(maxUsd)! - account.spent - reserved),
    chunks: account.reserved.size,
  };
}

/** How the store's budget stands in the present period. */
export async function storeBudgetState(store: Store): Promise<BudgetState | undefined> {
  const budget = await budgetOfStore(store);
  return budget && { ...(await budgetState(store, budget)), period: budget.name };
}

/** @throws {OptionError} */
export async function setBudget(store: Store, budget: StoreBudgetOptions | null): Promise<void> {
  if (budget === null) return unsetStoreBudget(store);
  const { per, maxUsd } = budget;
  if (!PERIODS.includes(per)) {
    throw new OptionError(`per is ${show(per)}; allowed is ${PERIODS.join(', ')}.`);
  }
  await setStoreBudget(store, { per, maxUsd: usdOption('maxUsd', maxUsd) });
}

/** @throws {OptionError} */
export function usdOption(option: string, value: unknown): string {
  const usd = usdAmount(value);
  if (usd !== undefined) return usd;
  throw new OptionError(
    `${option} is ${show(value)}; allowed is an amount in USD above 0, such as "12.50", with at most 12 decimal places.`,
  );
}
