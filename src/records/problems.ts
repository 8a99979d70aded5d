import { createHash } from 'node:crypto';
import type { JobRef } from '../job/job';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** The owner of a problem: a job, or one of its chunks. */
export interface ProblemScope {
  job: Pick<JobRef, 'id' | 'instance'>;
  chunk?: number;
}

/**
 * An error in two forms: the public one, which Temporal gets, and the full one, which may name and quote
 * documents.
 */
export interface Problem {
  publicMessage: string;
  message: string;
  stack?: string;
}

/** Stores the full message where the public one leads to it. @returns the key */
export async function keepProblem(store: Store, scope: ProblemScope, problem: Problem): Promise<string> {
  const key = keyOf(scope, problem.publicMessage);
  await putJson(store, key, problem);
  return key;
}

/** Returns the full message of a public one, or the public one itself if nothing was withheld. */
export async function wholeMessage(
  store: Store,
  scope: ProblemScope,
  publicMessage: string,
): Promise<string> {
  return (await findJson<Problem>(store, keyOf(scope, publicMessage)))?.message ?? publicMessage;
}

function keyOf({ job, chunk }: ProblemScope, publicMessage: string): string {
  return keys.problem(job, chunk, createHash('sha256').update(publicMessage).digest('hex').slice(0, 16));
}
