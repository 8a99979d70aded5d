import { createHash } from 'node:crypto';
import type { JobRef } from '../job/job';
import { findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { keys } from './keys';

/** Whose problem it is: a job's, or one chunk's. */
export interface ProblemScope {
  job: Pick<JobRef, 'id' | 'instance'>;
  chunk?: number;
}

/** What went wrong, in two faces: what Temporal is told, and the whole of it, which may name documents and quote them. */
export interface Problem {
  publicMessage: string;
  message: string;
  stack?: string;
}

/** Keeps the whole of a problem where those find it who know what Temporal was told. @returns the key. */
export async function keepProblem(store: Store, scope: ProblemScope, problem: Problem): Promise<string> {
  const key = keyOf(scope, problem.publicMessage);
  await putJson(store, key, problem);
  return key;
}

/** The whole message behind what Temporal was told, which itself is the whole where nothing was kept back. */
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
