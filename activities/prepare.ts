import { ApplicationFailure } from '@temporalio/common';
import { FAILURE, readFailure, toApplicationFailure } from '../src/anthropic/errors';
import type { Prepared, PrepareInput } from '../src/job/steps';
import { readSpec } from '../src/spec/stored';
import { assertStore, heartbeating } from './context';
import type { ActivityDeps } from './deps';
import { importFiring } from './import-firing';

/**
 * Tells at once what would be told late: a store that is not the job's, a builder that this worker does not have, a key that
 * the API refuses. A schedule's firing first gets its input and spec.
 */
export function createPrepare(deps: ActivityDeps) {
  return async function anthropicPrepare({ job, firing }: PrepareInput): Promise<Prepared> {
    await assertStore(deps, job);
    return heartbeating(async (signal) => {
      deps.points?.reach('prepare/begun');
      if (firing) await importFiring(deps, job, firing, signal);
      const spec = await readSpec(deps.store, job);
      assertBuilder(deps, spec.request);
      await assertKey(deps);
      deps.points?.reach('prepare/done');
      return { settings: spec.settings, times: deps.times, model: spec.model };
    });
  };
}

function assertBuilder({ builders }: ActivityDeps, request: object): void {
  if (!('builder' in request) || typeof request.builder !== 'string') return;
  if (Object.hasOwn(builders, request.builder)) return;
  const known = Object.keys(builders);
  throw ApplicationFailure.nonRetryable(
    `The worker has no builder ${JSON.stringify(request.builder)}: ${known.length > 0 ? `it has ${known.join(', ')}` : 'it has none'}. ` +
      'Give it to the plugin in `builders`, or to the command line with --builders.',
    'anthropic.UnknownBuilder',
  );
}

async function assertKey(deps: ActivityDeps): Promise<void> {
  try {
    await deps.anthropic().list({ limit: 1 });
  } catch (error) {
    throw toApplicationFailure(error, { nonRetryable: readFailure(error).type === FAILURE.authentication });
  }
}
