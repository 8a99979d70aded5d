import { CASE, type Case } from './cases';
import { type Exploration, explore } from './explore';
import { protocol } from './model';

/** Explorations are exhaustive, so some take seconds on a busy machine. */
export const TIMEOUT = 120_000;

export function explored(bounds: Partial<Case>): Exploration {
  return explore(protocol({ ...CASE, ...bounds }));
}
