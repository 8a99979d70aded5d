import type { RoundRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import { decideRound, type RoundDecision } from '../job/protocol/submission';
import type { Store } from '../store/store';
import { keys, roundOf } from './keys';
import { RoundLedger } from './ledger';

export interface OpenRound {
  ref: RoundRef;
  left: Exclude<RoundDecision, { kind: 'maySend' }>;
}

/**
 * Yields rounds of a job that were or may have been bought and whose results are neither in the store nor
 * written off.
 */
export async function* openRounds(store: Store, job: JobRef): AsyncGenerator<OpenRound> {
  // The keys alone show that most rounds are closed. The ledger is read only for the others.
  const rounds = new Map<string, { ref: RoundRef; home: boolean }>();
  for await (const { key } of store.list(keys.chunks(job))) {
    const { chunk, round, home } = roundOf(key) ?? {};
    if (chunk === undefined || round === undefined) continue;
    const name = `${chunk}/${round}`;
    rounds.set(name, { ref: { job, chunk, round }, home: home || rounds.get(name)?.home === true });
  }
  for (const { ref, home } of rounds.values()) {
    if (home) continue;
    const left = decideRound(await new RoundLedger(store, ref).read());
    const isAnswered = left.kind === 'live' && (await store.head(keys.download(ref, 0))) !== undefined;
    if (left.kind !== 'maySend' && !isAnswered) yield { ref, left };
  }
}
