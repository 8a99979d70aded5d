import { readFailure } from '../../src/anthropic/errors';
import type { Prepared, PrepareInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { findBuilder } from '../../src/job-spec/requests';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { isHeldToBudget } from '../budget/budget';
import { jobSpec, onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { apiError, StepError } from '../runtime/failure';
import { importFiring } from './import-firing';

/**
 * Tells at once what would be told late: a store that is not the job's, a builder that this worker does not have, a key that
 * the API refuses. A schedule's firing first gets its input and spec.
 */
export function createPrepare(deps: ActivityDeps) {
  return async function anthropicPrepare({ job, firing }: PrepareInput): Promise<Prepared> {
    return onJob(deps, { job }, async (signal) => {
      deps.points?.reach('prepare/begun');
      if (firing) await importFiring(deps, job, firing, signal);
      const spec = await jobSpec(deps.store, job);
      assertBuilder(deps, spec.request);
      await assertKey(deps);
      deps.points?.reach('prepare/done');
      const budget = await isHeldToBudget(deps.store, job, spec);
      return { settings: spec.settings, times: deps.times, model: spec.model, ...(budget ? { budget } : {}) };
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

/** An account without credit has a key that is good: its chunks wait until it can pay. */
export async function assertKey(deps: ActivityDeps): Promise<void> {
  try {
    await deps.anthropic().list({ limit: 1 });
  } catch (error) {
    const failure = readFailure(error);
    if (failure.type === FAILURE.billing) return;
    throw apiError(failure, { final: false });
  }
}
