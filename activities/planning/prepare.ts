import { readFailure } from '../../src/anthropic/api-failure';
import type { Prepared, PrepareInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { findBuilder } from '../../src/job-spec/requests';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { isHeldToBudget } from '../budget/budget';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { apiError, StepError } from '../runtime/failure';
import { importChild } from './import-child';
import { importFiring } from './import-firing';

/**
 * Detects errors early that would otherwise show late: a store that is not the job's, a builder that this
 * worker lacks, a key that the API rejects. First stores the input and the spec of a schedule's firing, or
 * the spec of a workflow's child.
 */
export function createPrepare(deps: ActivityDeps) {
  return async function anthropicPrepare({ job, firing, child }: PrepareInput): Promise<Prepared> {
    return onJob(deps, { job }, async (signal) => {
      deps.points?.reach('prepare/begun');
      if (firing) await importFiring(deps, job, firing, signal);
      if (child) await importChild(deps, job, child);
      const spec = await jobSpec(deps.store, job);
      assertBuilder(deps, spec.request);
      await assertKey(deps);
      deps.points?.reach('prepare/done');
      const budget = (await isHeldToBudget(deps.store, job, spec)) || undefined;
      const retry = spec.source.kind === 'retry' || undefined;
      const { settings, model, onComplete } = spec;
      return { settings, times: deps.times, model, budget, retry, onComplete };
    });
  };
}

function assertBuilder({ builders }: ActivityDeps, request: NormalizedSpec['request']): void {
  if (!('builder' in request)) return;
  try {
    findBuilder(builders, request.builder);
  } catch (error) {
    throw new StepError(FAILURE.unknownBuilder, (error as Error).message);
  }
}

/**
 * Checks the API key. The key of an account without credit is valid: its chunks wait until the account can
 * pay.
 */
export async function assertKey(deps: ActivityDeps): Promise<void> {
  try {
    await deps.anthropic().list({ limit: 1 });
  } catch (error) {
    const failure = readFailure(error);
    if (failure.type === FAILURE.billing) return;
    throw apiError(failure, { final: false });
  }
}
