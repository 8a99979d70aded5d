import type { JobRef } from '../../src/job/job';
import { parseCustomId } from '../../src/job/protocol/custom-id';
import { type AttemptLedger, type AttemptState, attemptState } from '../../src/job/protocol/submission';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import type { Store } from '../../src/store/store';

/** An attempt to send a round, according to the ledger. */
export interface KnownAttempt {
  job: string;
  chunk: number;
  round: number;
  entry: AttemptLedger;
  state: AttemptState;
  /** When its outcome was written, in milliseconds since 1970. */
  closedAt?: number;
}

/** Returns all attempts of a job, by nonce. */
export async function readAttempts(
  store: Store,
  job: JobRef,
  chunks: number,
): Promise<Map<string, KnownAttempt>> {
  const attempts = new Map<string, KnownAttempt>();
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    for await (const name of store.folders(keys.rounds(job, chunk))) {
      const round = Number(name);
      for (const entry of await new RoundLedger(store, { job, chunk, round }).read()) {
        if (!entry.intent) continue;
        const outcome = await store.head(keys.attempt(job, chunk, round, entry.attempt, 'outcome'));
        attempts.set(entry.intent.nonce, {
          job: job.id,
          chunk,
          round,
          entry,
          state: attemptState(entry),
          closedAt: outcome?.modified.getTime(),
        });
      }
    }
  }
  return attempts;
}

export const nonceOf = (customId: string): string | undefined => parseCustomId(customId)?.nonce;
