import { type InFlight, inFlightText } from '../../records/in-flight';
import type { Context } from '../context';
import { JobInFlightError, quoted } from '../errors';

/**
 * Throws if an earlier job left work in flight, because another job would pay for it again. Warns instead if
 * `again` is set.
 *
 * @param of the job whose rounds are in flight
 * @param id the job to start
 * @throws {JobInFlightError}
 */
export function assertNothingInFlight(
  { warn }: Context,
  { id, of, again = false }: { id: string; of: string; again?: boolean },
  inFlight: readonly InFlight[],
): void {
  if (inFlight.length === 0) return;
  if (!again) throw new JobInFlightError(id, of, inFlight);
  warn(
    `The job ${quoted(of)} left paid work in flight: ${inFlightText(inFlight)}. ` +
      'You pay for its documents again.',
  );
}
