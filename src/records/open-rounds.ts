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

/** Rounds of a job that were bought, or may have been, and whose results are neither in the store nor given up. */
export async function* openRounds(store: Store, job: JobRef): AsyncGenerator<OpenRound> {
  // The keys tell of most rounds that they are closed: only of the others the ledger is read.
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
