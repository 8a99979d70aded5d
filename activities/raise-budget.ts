import type { RaiseBudgetInput } from '../src/job/steps';
import { raiseJobBudget } from '../src/store/budgets';
import { onJob } from './context';
import type { ActivityDeps } from './deps';

/** Gives a job's budget a higher cap. What is reserved and spent stays. */
export function createRaiseBudget(deps: ActivityDeps) {
  return async function anthropicRaiseBudget(input: RaiseBudgetInput): Promise<void> {
    return onJob(deps, input, () => raiseJobBudget(deps.store, input.job, input.maxUsd));
  };
}
