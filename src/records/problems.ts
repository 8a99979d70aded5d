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

/** Returns the problem under a key, or `undefined` if there is none. */
export const readProblem = (store: Store, key: string) => findJson<Problem>(store, key);

/**
 * Returns a text in which the full message replaces a public one. A workflow may have put words of its own
 * around the public message. Returns the text itself if nothing was withheld.
 */
export async function wholeMessage(store: Store, scope: ProblemScope, text: string): Promise<string> {
  const exact = await readProblem(store, keyOf(scope, text));
  if (exact) return exact.message;
  let longest: Problem | undefined;
  for await (const { key } of store.list(keys.problems(scope.job, scope.chunk))) {
    const problem = await readProblem(store, key);
    if (!problem || !text.includes(problem.publicMessage)) continue;
    if (!longest || problem.publicMessage.length > longest.publicMessage.length) longest = problem;
  }
  return longest ? text.replace(longest.publicMessage, () => longest.message) : text;
}

function keyOf({ job, chunk }: ProblemScope, publicMessage: string): string {
  return keys.problem(job, chunk, createHash('sha256').update(publicMessage).digest('hex').slice(0, 16));
}
