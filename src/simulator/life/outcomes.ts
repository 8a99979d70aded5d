import { allOf } from '../all-of';
import { ERROR_TYPES, type SimulatedErrorType } from '../api-error';

/** A stop reason of a success other than `end_turn`. */
export type SimulatedStop = 'max_tokens' | 'refusal' | 'pause_turn';

/** The outcome of a request. An outcome that is a stop reason is a success, and billed. */
export type SimulatedOutcome = 'succeeded' | SimulatedStop | SimulatedErrorType | 'expired' | 'canceled';

const STOPS = allOf<SimulatedStop>()(['max_tokens', 'refusal', 'pause_turn']);

export const OUTCOMES = allOf<SimulatedOutcome>()([
  'succeeded',
  ...STOPS,
  ...ERROR_TYPES,
  'expired',
  'canceled',
]);

export const isStop = (outcome: SimulatedOutcome): outcome is SimulatedStop =>
  (STOPS as readonly string[]).includes(outcome);

export const isSuccess = (outcome: SimulatedOutcome): boolean => outcome === 'succeeded' || isStop(outcome);

export const isError = (outcome: SimulatedOutcome): outcome is SimulatedErrorType =>
  (ERROR_TYPES as readonly string[]).includes(outcome);

/**
 * An ordered outcome. `times`: only for the first `times` requests with the same params; else for all.
 */
export interface Order {
  outcome: SimulatedOutcome;
  times?: number;
}

const MARKER = /\[\[sim:(?:errored:)?([a-z_]+)(?::times=(\d+))?\]\]/;

/**
 * Returns the first marker in a request's text: `[[sim:errored:overloaded_error]]`, `[[sim:expired]]`,
 * `[[sim:canceled]]`, `[[sim:max_tokens]]`, `[[sim:refusal]]` or `[[sim:pause_turn]]`, each also with
 * `:times=N` before the closing brackets.
 */
export function markerIn(text: string): Order | undefined {
  // Most texts have none, and searching for a fixed string is much cheaper than the expression.
  if (!text.includes('[[sim:')) return undefined;
  const match = MARKER.exec(text);
  const outcome = OUTCOMES.find((each) => each === match?.[1]);
  if (!match || !outcome) return undefined;
  return match[2] === undefined ? { outcome } : { outcome, times: Number(match[2]) };
}
