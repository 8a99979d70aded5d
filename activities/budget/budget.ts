// budget/: what a chunk may cost, and whether there is room for it in the budgets. Start here.

import { type Account, reserve, reservedIn, roomFor, settle } from '../../src/cost/budget/account';
import type { Cost } from '../../src/cost/cost';
import { type ChunkWorstCase, mostOf, worstOf, worstOfBatch } from '../../src/cost/estimate/worst-case';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import type { ChunkRef, OverBudget, RoundRef, SubmitInput } from '../../src/job/activity-types';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { AccountBook } from '../../src/records/account';
import {
  type Budget,
  budgetOfJob,
  budgetOfStore,
  chunkBooks,
  JOB_BUDGET,
  noteBook,
  noteSettled,
} from '../../src/records/budgets';
import { keys } from '../../src/records/keys';
import { presumedLostAttempts } from '../../src/records/ledger';
import { findJson } from '../../src/store/json';
import type { Store } from '../../src/store/store';
import type { ActivityDeps } from '../runtime/deps';
import { ChunkWorstCases } from './chunk-worst-cases';

/** The budgets that a job is held to: its own, and what the store's has for this period. */
export async function budgetsOf(store: Store, job: ChunkRef['job'], spec: NormalizedSpec): Promise<Budget[]> {
  const own = await budgetOfJob(store, job, spec.settings.maxUsd);
  const shared = await budgetOfStore(store);
  return [own, shared].filter((budget) => budget !== undefined);
}

/** Whether anything limits what a job, or one request of it, may cost. An adopted batch is paid for already. */
export async function isHeldToBudget(
  store: Store,
  job: ChunkRef['job'],
  spec: NormalizedSpec,
): Promise<boolean> {
  if (spec.source.kind === 'adopt') return false;
  return spec.settings.maxUsdPerRequest !== undefined || (await budgetsOf(store, job, spec)).length > 0;
}

/**
 * Reserves what a round's chunk costs in the worst case, in every budget that the job is held to, its own first: who has
 * something in the store's then lacks nothing in its own. To reserve again for what has it reserved changes nothing.
 *
 * @returns why the round may not be sent now.
 */
export async function reserveRound(
  deps: ActivityDeps,
  ref: RoundRef & Pick<SubmitInput, 'waitedForRoom'>,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<OverBudget | undefined> {
  const budgets = await budgetsOf(deps.store, ref.job, spec);
  if (budgets.length === 0) return undefined;
  const worst = await worstOfRound(deps, ref, spec, signal);
  for (const budget of budgets) {
    const over = await reserveIn(deps, ref, budget, worst);
    if (over) return over;
  }
  // What let this chunk in may leave room for another.
  if (ref.waitedForRoom) await deps.notifyRoom(ref.job);
  return undefined;
}

async function reserveIn(
  { store, points }: ActivityDeps,
  ref: RoundRef,
  budget: Budget,
  worst: PicoUsd,
): Promise<OverBudget | undefined> {
  const holder = holderOf(ref);
  const cap = parseUsd(budget.maxUsd)!;
  let over: OverBudget | undefined;
  await noteBook(store, ref, budget);
  points?.reach('budget/noted');
  await new AccountBook(store, budget.book).change((account) => {
    over = undefined;
    if (account.reserved.get(holder) === worst) return undefined;
    const room = roomFor(account, holder, worst, cap);
    if (room === 'granted') {
      const entry = { kind: 'reserved' as const, holder, usd: usdString(worst) };
      return { account: reserve(account, holder, worst), entry };
    }
    // The job hears of another reason only where it is told in other words.
    const why = room === 'full' ? 'has no room for the chunk' : 'has no room until more chunks have ended';
    const reason = `${standOf(budget, account)} ${why}: it costs up to ${usdString(worst)} USD.`;
    over = { budget: room, reason };
    return undefined;
  });
  points?.reach('budget/reserved');
  return over;
}

/**
 * What a chunk had reserved gives way to what it cost, in whatever budget. What has been settled stays; of a chunk that went on after that, as
 * after a Reset, what it cost since is added.
 *
 * @param live whether any of it was sent live, at twice the price
 */
export async function settleChunk(
  { store, notifyRoom }: Pick<ActivityDeps, 'store' | 'notifyRoom'>,
  ref: ChunkRef,
  { paid, unknown = 0, unpriced = 0 }: Pick<Cost, 'paid' | 'unknown' | 'unpriced'>,
  live = false,
): Promise<void> {
  const holder = holderOf(ref);
  const books = await chunkBooks(store, ref);
  if (books.length === 0) return;
  const quote = await findJson<ChunkWorstCase>(store, keys.chunkQuote(ref.job, ref.chunk));
  // What is paid for and is in no amount counts with the most that it can have cost.
  const spent = parseUsd(paid)! + (quote ? mostOf(quote, unknown + unpriced, live) : 0n);
  for (const { key, book, settled = '0.00' } of books) {
    const since = spent - parseUsd(settled)!;
    let held = false;
    await new AccountBook(store, book).change((account) => {
      held = account.reserved.has(holder);
      if (!held) return undefined;
      const entry = { kind: 'settled' as const, holder, usd: usdString(since) };
      return { account: settle(account, holder, since), entry };
    });
    // To die before this is to count it once more after a Reset, and never to count too little.
    if (held) await noteSettled(store, key, { book, settled: usdString(spent) });
  }
  await notifyRoom(ref.job);
}

/**
 * The worst case of a chunk as it comes to a round. A request that failed costs nothing, so however often it is sent it is paid for once;
 * but what was paid for and lost is paid for again. The batch of an attempt that was presumed lost may exist after all, and is paid for then.
 */
async function worstOfRound(
  deps: ActivityDeps,
  { job, chunk, round }: RoundRef,
  spec: NormalizedSpec,
  signal: AbortSignal,
): Promise<PicoUsd> {
  const key = keys.chunkQuote(job, chunk);
  const quoting = { deps, spec, signal };
  // A chunk of a job that began before there was a budget has none.
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

/** An instance is drawn anew for each job: it names no document and nobody. */
const holderOf = ({ job, chunk }: ChunkRef) => `${job.instance}/${chunk}`;

/** A budget and how it stands, to begin a sentence with; exact, because what it is to be raised to follows from it. */
export function standOf({ maxUsd, name }: Budget, account: Account): string {
  const whose = name === JOB_BUDGET ? 'The budget of the job' : `The budget of the store for the ${name}`;
  return `${whose}, ${maxUsd} USD with ${usdString(account.spent)} spent and ${usdString(reservedIn(account))} reserved,`;
}
