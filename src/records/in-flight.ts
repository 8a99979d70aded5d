import type { JobRef } from '../job/job';
import { roundName } from '../job/round-name';
import type { Store } from '../store/store';
import { openRounds } from './open-rounds';
import { storedJobs } from './stored-jobs';

/** A round that was bought, or may have been bought, and whose results are not stored. */
export interface InFlight {
  /** The job's instance in the store. */
  instance: string;
  chunk: number;
  round: number;
  /** The batch. Absent if the round was sent live, or if it is unknown whether a batch exists. */
  batch?: string;
}

/** Returns the rounds that a job left in flight. */
export async function inFlightOf(store: Store, job: JobRef): Promise<InFlight[]> {
  const found: InFlight[] = [];
  for await (const { ref, left } of openRounds(store, job)) {
    const { chunk, round } = ref;
    found.push({
      instance: job.instance,
      chunk,
      round,
      batch: left.kind === 'bought' ? left.batch : undefined,
    });
  }
  return found;
}

/** Returns the rounds that all jobs with an id left in flight. */
export async function inFlightUnder(store: Store, jobId: string): Promise<InFlight[]> {
  const found: InFlight[] = [];
  for await (const { job } of storedJobs(store, { id: jobId })) found.push(...(await inFlightOf(store, job)));
  return found;
}

const MOST_NAMED = 5;

/** Returns a text such as `msgbatch_1, msgbatch_2, round 1 of chunk 2 (…) and 4 more`. */
export function inFlightText(inFlight: readonly InFlight[]): string {
  const names = inFlight
    .slice(0, MOST_NAMED)
    .map(
      ({ batch, chunk, round }) =>
        batch ?? `${roundName(round)} of chunk ${chunk} (sent, but its answers or its batch are unknown)`,
    );
  const more = inFlight.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
