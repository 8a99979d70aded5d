// budget/: calculates what a chunk may cost, and reserves it in the budgets. Start here.

import { activityInfo } from '@temporalio/activity';
import {
  type Account,
  fitOf,
  isReserved,
  type Reservation,
  reserve,
  reservedIn,
  settle,
} from '../../src/cost/budget/account';
import type { Cost } from '../../src/cost/cost';
import { type ChunkWorstCase, mostOf, worstOf, worstOfBatch } from '../../src/cost/estimate/worst-case';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import type { BudgetStanding } from '../../src/cost/text';
import type { ChunkRef, RoundRef, SubmitInput } from '../../src/job/activity-types';
import type { OverBudget } from '../../src/job/reason';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { AccountBook } from '../../src/records/account';
import {
  type Budget,
  budgetOfJob,
  budgetOfStore,
  chunkBooks,
  noteBook,
  noteSettled,
} from '../../src/records/budgets';
import { keys } from '../../src/records/keys';
import { presumedLostAttempts } from '../../src/records/ledger';
import { findJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../runtime/deps';
import { ChunkWorstCases } from './chunk-worst-cases';

/** Returns the budgets of a job: its own, and the store's for this period. */
export async function budgetsOf(store: Store, job: ChunkRef['job'], spec: NormalizedSpec): Promise<Budget[]> {
  const own = await budgetOfJob(store, job, spec.settings.maxUsd);
  const shared = await budgetOfStore(store);
  return [own, shared].filter((budget) => budget !== undefined);
}

/**
 * Returns whether anything limits the cost of a job or of one of its requests. An adopted batch is already
 * paid for.
 */
export async function isHeldToBudget(
  store: Store,
  job: ChunkRef['job'],
  spec: NormalizedSpec,
): Promise<boolean> {
  if (spec.source.kind === 'adopt') return false;
  return spec.settings.maxUsdPerRequest !== undefined || (await budgetsOf(store, job, spec)).length > 0;
}

/**
 * Reserves the worst-case cost of a round's chunk in every budget of the job, its own first: a chunk with a
 * reservation in the store's budget then also has one in its own. Idempotent.
 *
 * @param mayBegin returns whether the attempt may still begin. Called after an account was read, so a process
 *   that was frozen until the chunk had ended reserves nothing
 * @returns why the round may not be sent now; `stale` if the attempt may no longer begin
 */
export async function reserveRound(
  deps: ActivityDeps,
  ref: RoundRef & Pick<SubmitInput, 'waitedForBudget'>,
  spec: NormalizedSpec,
  mayBegin: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<OverBudget | 'stale' | undefined> {
  const budgets = await budgetsOf(deps.store, ref.job, spec);
  if (budgets.length === 0) return undefined;
  const { scheduledTimestampMs: asked } = activityInfo();
  const reservation = { amount: await worstOfRound(deps, ref, spec, signal), asked };
  for (const budget of budgets) {
    const refused = await reserveIn(deps, ref, budget, reservation, mayBegin);
    if (refused) return refused;
  }
  // The budget that admitted this chunk may have enough left for another.
  if (ref.waitedForBudget) await deps.notifyBudget(ref.job);
  return undefined;
}

/** Returns the first budget of the job that has too little left for a round's chunk. Reserves nothing. */
export async function exceededBudget(
  deps: ActivityDeps,
  ref: RoundRef,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<OverBudget | undefined> {
  const budgets = await budgetsOf(deps.store, ref.job, spec);
  if (budgets.length === 0) return undefined;
  const worst = await worstOfRound(deps, ref, spec, signal);
  for (const budget of budgets) {
    const over = excess(budget, await new AccountBook(deps.store, budget.book).read(), ref, worst);
    if (over) return over;
  }
  return undefined;
}

/** Returns why an account has too little left for a chunk, or `undefined` if it has enough. */
function excess(budget: Budget, account: Account, ref: ChunkRef, worst: PicoUsd): OverBudget | undefined {
  const holder = holderOf(ref);
  if (account.reserved.get(holder)?.amount === worst) return undefined;
  const fit = fitOf(account, holder, worst, parseUsd(budget.maxUsd)!);
  if (fit === 'granted') return undefined;
  return { code: 'overBudget', fit, worst: usdString(worst), ...standingOf(budget, account) };
}

async function reserveIn(
  { store, points }: ActivityDeps,
  ref: RoundRef,
  budget: Budget,
  reservation: Reservation,
  mayBegin: () => Promise<boolean>,
): Promise<OverBudget | 'stale' | undefined> {
  const holder = holderOf(ref);
  let refused: OverBudget | 'stale' | undefined;
  await noteBook(store, ref, budget);
  points?.reach('budget/noted');
  await new AccountBook(store, budget.book).change(async (account) => {
    points?.reach('budget/read');
    refused = excess(budget, account, ref, reservation.amount);
    if (refused || isReserved(account, holder, reservation)) return undefined;
    if (!(await mayBegin())) {
      refused = 'stale';
      return undefined;
    }
    const entry = { kind: 'reserved' as const, holder, usd: usdString(reservation.amount) };
    return { account: reserve(account, holder, reservation), entry };
  });
  points?.reach('budget/reserved');
  return refused;
}

/**
 * Replaces a chunk's reservations with its actual cost, in all budgets. Settled amounts stay. If a chunk went
 * on after it was settled, as after a Reset, its cost since then is added. A page is written also if nothing
 * is reserved: a frozen process that was about to write its reservation then finds that page taken.
 *
 * @param asked when this end was requested, in milliseconds of the Temporal server's clock. Reservations of
 *   later requests stay
 * @param live whether any of it was sent live, at twice the price
 */
export async function settleChunk(
  { store, notifyBudget }: Pick<ActivityDeps, 'store' | 'notifyBudget'>,
  ref: ChunkRef,
  { paid, unknown = 0, unpriced = 0 }: Pick<Cost, 'paid' | 'unknown' | 'unpriced'>,
  { asked, live = false }: { asked: number; live?: boolean },
): Promise<void> {
  const holder = holderOf(ref);
  const books = await chunkBooks(store, ref);
  if (books.length === 0) return;
  const quote = await findJson<ChunkWorstCase>(store, keys.chunkQuote(ref.job, ref.chunk));
  // Paid requests of unknown cost count with the most that they can have cost.
  const spent = parseUsd(paid)! + (quote ? mostOf(quote, unknown + unpriced, live) : 0n);
  for (const { key, book, settled = '0.00' } of books) {
    const since = spent - parseUsd(settled)!;
    let replaced = false;
    await new AccountBook(store, book).change((account) => {
      const after = settle(account, holder, since, asked);
      replaced = after !== account;
      const entry = { kind: 'settled' as const, holder, usd: usdString(replaced ? since : 0n) };
      return { account: after, entry };
    });
    // A death before this write counts the cost twice after a Reset, but never too little.
    if (replaced) await noteSettled(store, key, { book, settled: usdString(spent), asked });
  }
  await notifyBudget(ref.job);
}

/**
 * Returns the worst case of a chunk at a round. A failed request costs nothing, so a request is paid for
 * once, however often it is sent. Lost results are paid for again. The batch of an attempt that was presumed
 * lost may exist after all, and is then paid for.
 */
async function worstOfRound(
  deps: ActivityDeps,
  { job, chunk, round }: RoundRef,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<PicoUsd> {
  const key = keys.chunkQuote(job, chunk);
  const quoting = { deps, spec, signal };
  // A job that began before there was a budget has no stored worst cases.
  const quote =
    (await findJson<ChunkWorstCase>(deps.store, key)) ??
    (await new ChunkWorstCases(quoting, [{ job, chunk }]).write())[0]!;
  let times = 1n;
  for (let earlier = 0; earlier < round; earlier += 1) {
    if (await deps.store.head(keys.lost(job, chunk, earlier))) times += 1n;
  }
  let worst = worstOf(quote, spec.settings.liveBelow) * times;
  for (const { intent } of await presumedLostAttempts(deps.store, { job, chunk })) {
    worst += worstOfBatch(quote, intent.count);
  }
  return worst;
}

/** An instance is random for each job: it identifies no document and no person. */
const holderOf = ({ job, chunk }: ChunkRef) => `${job.instance}/${chunk}`;

export function standingOf({ maxUsd, name: budget }: Budget, account: Account): BudgetStanding {
  return { budget, maxUsd, spent: usdString(account.spent), reserved: usdString(reservedIn(account)) };
}
