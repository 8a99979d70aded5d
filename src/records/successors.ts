import type { JobRef } from '../job/job';
import { attemptState } from '../job/protocol/submission';
import { putIfAbsent } from '../store/optional';
import type { Store } from '../store/store';
import { type InFlight, inFlightOf } from './in-flight';
import { keys } from './keys';
import { RoundLedger } from './ledger';
import { jobRounds } from './rounds';
import { storedJobs } from './stored-jobs';

/**
 * Records in all other jobs with the same id that this one is being started, and returns the rounds that they
 * left in flight. In each, the record comes before the ledger is read: a worker that is about to send for
 * that job writes its intent first and reads the record then, so one of the two sees the other.
 */
export async function announceSuccessor(store: Store, { id, instance }: JobRef): Promise<InFlight[]> {
  const left: InFlight[] = [];
  for await (const { job } of storedJobs(store, { id })) {
    if (job.instance === instance) continue;
    await putIfAbsent(store, keys.successor(job), JSON.stringify({ instance }));
    left.push(...(await inFlightOf(store, job)));
  }
  return left;
}

/**
 * Returns whether a newer job with the same id has begun to send. It may have the same documents, and what it
 * sent must not be bought again by this one, also after a Reset or with a restored Temporal server.
 */
export async function successorHasSent(store: Store, { id, instance }: JobRef): Promise<boolean> {
  let isNewer = false;
  for await (const { job } of storedJobs(store, { id })) {
    if (isNewer && (await mayHaveSent(store, job))) return true;
    isNewer ||= job.instance === instance;
  }
  return false;
}

/** Returns whether a request of the job was or may have been sent, or may still be. */
export async function mayHaveSent(store: Store, job: JobRef): Promise<boolean> {
  for await (const round of jobRounds(store, job)) {
    const attempts = await new RoundLedger(store, round).read();
    if (attempts.some((attempt) => attempt.intent && attemptState(attempt) !== 'notSent')) return true;
  }
  return false;
}

/** Returns whether another job with the same id was started, or was about to be. */
export async function hasSuccessor(store: Store, job: JobRef): Promise<boolean> {
  return (await store.head(keys.successor(job))) !== undefined;
}
