import { fitOf } from '../../src/cost/budget/account';
import { worstOf } from '../../src/cost/estimate/worst-case';
import { type PicoUsd, parseUsd, usdString } from '../../src/cost/prices/usd';
import { budgetText, JOB_BUDGET } from '../../src/cost/text';
import type { JobWorstCase, WorstCaseInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { AccountBook } from '../../src/records/account';
import type { Budget } from '../../src/records/budgets';
import { keys } from '../../src/records/keys';
import { findJson, putJson } from '../../src/store/json';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { StepError } from '../runtime/failure';
import { budgetsOf, standingOf } from './budget';
import { ChunkWorstCases, type OverLimit, placeOf } from './chunk-worst-cases';

/**
 * Checks the budget before the first batch of a job: calculates the worst case of each chunk, and refuses the
 * job if the total exceeds its budget. A job that passed once stays admitted, also after a Reset: some of its
 * budget may be spent.
 */
export function createWorstCase(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicWorstCase(input: WorstCaseInput): Promise<JobWorstCase> {
    return onJob(deps, input, async (signal) => {
      const standing = await findJson<JobWorstCase>(deps.store, keys.quote(input.job));
      return standing ?? heavy(() => quote(deps, input, signal), signal);
    });
  };
}

async function quote(
  deps: ActivityDeps,
  { job, chunks }: WorstCaseInput,
  signal: AbortSignal,
): Promise<JobWorstCase> {
  const spec = await jobSpec(deps.store, job);
  const { maxUsdPerRequest, liveBelow } = spec.settings;
  const limit = maxUsdPerRequest === undefined ? undefined : parseUsd(maxUsdPerRequest);
  const refs = Array.from({ length: chunks }, (_, chunk) => ({ job, chunk }));
  const quoting = new ChunkWorstCases({ deps, spec, signal }, refs, limit);
  const quotes = await quoting.write();
  deps.points?.reach('quote/quoted');
  if (quoting.over) throw await tooDear(deps, quoting.over, limit!);
  const worst = quotes.reduce((sum, chunk) => sum + worstOf(chunk, liveBelow), 0n);
  await assertFits(deps, job, spec, worst);
  const requests = quotes.reduce((sum, chunk) => sum + chunk.requests, 0);
  const found: JobWorstCase = { requests, worst: usdString(worst) };
  await putJson(deps.store, keys.quote(job), found);
  return found;
}

/**
 * @throws a final `anthropic.OverBudget`, unless the job may begin within a budget that is too small for all
 *   of it
 */
async function assertFits(
  { store }: ActivityDeps,
  job: WorstCaseInput['job'],
  spec: NormalizedSpec,
  worst: PicoUsd,
): Promise<void> {
  if (spec.settings.onBudget !== 'refuse') return;
  for (const budget of await budgetsOf(store, job, spec)) {
    const account = await new AccountBook(store, budget.book).read();
    if (fitOf(account, job.instance, worst, parseUsd(budget.maxUsd)!) === 'granted') continue;
    throw new StepError(
      FAILURE.overBudget,
      `${budgetText(standingOf(budget, account))} is too small: the job costs up to ${usdString(worst)} USD. Nothing ` +
        `was sent. ${whatNow(budget)}`,
      { final: true },
    );
  }
}

function whatNow({ name }: Budget): string {
  const larger =
    name === JOB_BUDGET
      ? 'Start it with a larger one'
      : 'Raise it (anthropic-batch budget --per PERIOD --max-usd USD) and restart the job';
  return (
    `${larger}, or with --on-budget end or wait (option onBudget): it then sends what the budget allows. ` +
    'Few jobs come near their worst case.'
  );
}

async function tooDear(
  { store }: ActivityDeps,
  { requests, first }: OverLimit,
  limit: PicoUsd,
): Promise<StepError> {
  const many = requests === 1 ? 'One request costs' : `${requests} requests cost`;
  const what = `${many} more than the ${usdString(limit)} USD that one may (maxUsdPerRequest)`;
  const costs = `costs up to ${usdString(first.usd)} USD`;
  const of = await placeOf(store, first.ref, first.ordinal);
  return new StepError(
    FAILURE.overBudget,
    `${what}; the first is that of the document ${of}, which ${costs}. Nothing was sent.`,
    {
      final: true,
      publicMessage: `${what}; the first ${costs}. Nothing was sent. The job's folder in the store names it.`,
    },
  );
}
