import { setTimeout as sleep } from 'node:timers/promises';
import { JobStateError } from 'temporal-anthropic-batch/client';
import { paramsDigest } from 'temporal-anthropic-batch/simulator';
import { billOf } from '../../src/cost/prices/bill';
import { effectivePrices } from '../../src/cost/prices/price-list';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import { paramsOf } from '../support/template';
import { billedUsage } from './billed-usage';
import type { LiveJob } from './carry';
import type { PlannedJob } from './jobs';
import type { SimulatedApi } from './simulated-api';

interface Raising {
  api: SimulatedApi;
  /** Receives a violation, as a sentence. */
  violate: (text: string) => void;
}

/**
 * Raises the budget of a job that waits for a larger one, as a person would. Before that, the bill must not
 * exceed the budget.
 */
export async function raiseBudget(job: LiveJob, { api, violate }: Raising): Promise<boolean> {
  const { raise } = job.plan.terms;
  if (!raise) return false;
  await sleep(raise.after);
  if (job.closed) return false;
  const problem = await overBudget(api, job.plan);
  if (problem) violate(problem);
  while (!job.closed) {
    try {
      // Set before the call, because a request with a lost answer takes effect too.
      job.raised = true;
      await job.handle.raiseBudget(raise.to);
      return true;
    } catch (error) {
      // The job has ended, or a request with a lost answer raised the budget.
      if (error instanceof JobStateError) return false;
      await sleep(500);
    }
  }
  return false;
}

/** @returns what is wrong if more was billed for a job than its budget, which may have been raised */
export async function overBudget(
  api: SimulatedApi,
  { id, documents, terms }: PlannedJob,
  raised = false,
): Promise<string | undefined> {
  const maxUsd = raised ? terms.raise?.to : terms.maxUsd;
  if (maxUsd === undefined) return undefined;
  const digests = new Set(documents.map(({ text }) => paramsDigest(paramsOf(text))));
  const prices = effectivePrices();
  let billed: PicoUsd = 0n;
  for (const request of await api.billedRequests()) {
    if (digests.has(request.digest)) billed += billOf(prices, billedUsage(request), new Date()).paid;
  }
  if (billed <= parseUsd(maxUsd)!) return undefined;
  return `${id} has a budget of ${maxUsd} USD, but ${usdString(billed)} USD were billed`;
}

/**
 * @returns what is wrong with the book of an ended job's budget: it must have no reservations, and count no
 *   less than was spent
 */
export async function wrongBook({
  plan,
  handle,
}: Pick<LiveJob, 'plan' | 'handle'>): Promise<string | undefined> {
  if (plan.terms.maxUsd === undefined) return undefined;
  const book = await handle.budget();
  if (!book) return `${plan.id} has lost its budget`;
  if (book.reserved !== '0.00' || book.chunks > 0) {
    return `${plan.id} has ended, but ${book.reserved} USD are reserved for ${book.chunks} chunks`;
  }
  const { cost, orphaned } = (await handle.summary()) ?? {};
  // An orphan may appear after its chunk was settled.
  if (!cost || orphaned || parseUsd(book.spent)! >= parseUsd(cost.paid)!) return undefined;
  return `${plan.id} cost ${cost.paid} USD, but its budget counts ${book.spent} USD`;
}
