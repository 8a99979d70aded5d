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

/** The state of a budget. Amounts are exact, in USD, as decimal strings. */
export interface BudgetState {
  maxUsd: string;
  /** The cost of the chunks that have ended. */
  spent: string;
  /** The worst case of the chunks in flight. */
  reserved: string;
  /** The rest of the budget. Negative if answers cost more than their worst case. */
  left: string;
  /** The number of chunks in flight. */
  chunks: number;
  /** The period of a store's budget, such as `month 2026-11`. Absent for a job's budget. */
  period?: string;
}

/**
 * The most that all jobs of a store together may cost in a period. Periods start at midnight UTC, weeks on
 * Mondays.
 */
export interface StoreBudgetOptions {
  per: StoreBudget['per'];
  /** USD. */
  maxUsd: string | number;
}

/** Returns the state of a budget. */
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

/** Returns the state of the store's budget in the present period, or `undefined` if it has none. */
export async function storeBudgetState(store: Store): Promise<BudgetState | undefined> {
  const budget = await budgetOfStore(store);
  return budget && { ...(await budgetState(store, budget)), period: budget.name };
}

/** Sets or removes the store's budget. @throws {OptionError} */
export async function setBudget(store: Store, budget: StoreBudgetOptions | null): Promise<void> {
  if (budget === null) return unsetStoreBudget(store);
  const { per, maxUsd } = budget;
  if (!PERIODS.includes(per)) {
    throw new OptionError(`\`per\` must be ${PERIODS.join(', ')} (got ${show(per)}).`);
  }
  await setStoreBudget(store, { per, maxUsd: usdOption('maxUsd', maxUsd) });
}

/** Returns an amount above 0 as a decimal string. @throws {OptionError} if it is not one. */
export function usdOption(option: string, value: unknown): string {
  const usd = usdAmount(value);
  if (usd !== undefined) return usd;
  throw new OptionError(
    `\`${option}\` must be an amount in USD above 0, such as "12.50", with at most 12 decimal places ` +
      `(got ${show(value)}).`,
  );
}
