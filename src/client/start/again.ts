import type { Context } from '../context';
import { JobInFlightError, quoted } from '../errors';
import { type InFlight, inFlightText } from './in-flight';

/**
 * Refuses to buy documents again while a job that holds them has something in flight. With `again` it warns instead.
 *
 * @param of the job whose rounds are in flight
 * @param id the job that is to be started
 * @throws {JobInFlightError}
 */
export function assertNothingInFlight(
  { warn }: Context,
  { id, of, again = false }: { id: string; of: string; again?: boolean },
  inFlight: readonly InFlight[],
): void {
  if (inFlight.length === 0) return;
  if (!again) throw new JobInFlightError(id, of, inFlight);
  warn(`The job ${quoted(of)} left in flight: ${inFlightText(inFlight)}. Its documents are bought again.`);
}
