import { Context } from '@temporalio/activity';
import { withoutKnownForms } from '../../src/anthropic/secrets';
import { keepProblem, type Problem, type ProblemScope } from '../../src/records/problems';
import type { ActivityDeps } from './deps';
import { readStepFailure, toApplicationFailure } from './failure';
import { namingReads } from './watched-store';

/**
 * Runs the work of an activity. Temporal keeps the message of a failure for years, for all who may look into the namespace: it gets the
 * error's public message, and the whole error goes into the store.
 *
 * @throws ApplicationFailure, or CancelledFailure as it comes.
 */
export function withFailureReport<T>(
  deps: ActivityDeps,
  scope: ProblemScope,
  work: () => Promise<T>,
): Promise<T> {
  return namingReads(work, async (error, reading) => {
    const failure = readStepFailure(error, Context.current().cancellationSignal.aborted, reading);
    if (!failure) throw error;
    const { problem, key } = await keep(deps, scope, failure.problem);
    throw toApplicationFailure({ ...failure, problem }, key);
  });
}

/** What Temporal may be told of an error that is no failure of the step; the whole goes into the store. */
export async function publicMessageOf(
  deps: ActivityDeps,
  scope: ProblemScope,
  error: unknown,
): Promise<string> {
  const failure = readStepFailure(error, false);
  if (!failure) throw error;
  return (await keep(deps, scope, failure.problem)).problem.publicMessage;
}

/** Keeps the whole of a problem, as far as there is more to it than its public message and the store takes it. */
async function keep(
  deps: ActivityDeps,
  scope: ProblemScope,
  { publicMessage, message, stack }: Problem,
): Promise<{ problem: Problem; key?: string }> {
  // Anything may quote the worker's environment, the error of a builder for one.
  const hide = hiding(deps);
  const problem: Problem = {
    publicMessage: hide(publicMessage),
    message: hide(message),
    stack: stack && hide(stack),
  };
  if (problem.message === problem.publicMessage && stack === undefined) return { problem };
  try {
    return { problem, key: await keepProblem(deps.store, scope, problem) };
  } catch {
    // A store that fails now is, as a rule, what the problem is about: the public message says so.
    return { problem };
  }
}

function hiding(deps: ActivityDeps): (text: string) => string {
  try {
    return deps.anthropic().withoutSecrets;
  } catch {
    // Where no client can be made there is nothing that it could hold.
    return withoutKnownForms;
  }
}
