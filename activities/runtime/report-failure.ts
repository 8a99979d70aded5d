import { Context } from '@temporalio/activity';
import { withoutKnownForms } from '../../src/anthropic/secrets';
import type { Failed } from '../../src/job/reason';
import { keepProblem, type Problem, type ProblemScope } from '../../src/records/problems';
import type { ActivityDeps } from './deps';
import { readStepFailure, toApplicationFailure } from './failure';
import { namingReads } from './watched-store';

/**
 * Runs an activity's work. Temporal keeps failure messages for years, visible to everyone with access to the
 * namespace, so it gets only the public message. The full error goes into the store.
 *
 * @throws ApplicationFailure, or CancelledFailure unchanged
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

/** Returns an error that does not fail the step as a reason. The full error goes into the store. */
export async function reasonOf(deps: ActivityDeps, scope: ProblemScope, error: unknown): Promise<Failed> {
  const failure = readStepFailure(error, false);
  if (!failure) throw error;
  const { problem } = await keep(deps, scope, failure.problem);
  return { code: 'failed', type: failure.type, subtype: failure.subtype, message: problem.publicMessage };
}

/** Stores a full problem, if there is more to it than its public message and the store accepts it. */
async function keep(
  deps: ActivityDeps,
  scope: ProblemScope,
  { publicMessage, message, stack }: Problem,
): Promise<{ problem: Problem; key?: string }> {
  // Any text may quote the worker's environment, such as a builder's error.
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
    // If the store fails now, the problem is usually about the store, and the public message says so.
    return { problem };
  }
}

function hiding(deps: ActivityDeps): (text: string) => string {
  try {
    return deps.anthropic().withoutSecrets;
  } catch {
    // Without a client there is no secret to hide but those in known formats.
    return withoutKnownForms;
  }
}
