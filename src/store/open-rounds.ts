import type { JobRef } from '../job/job';
import type { RoundRef } from '../job/steps';
import { decideRound, type RoundDecision } from '../job/submission';
import { keys } from './keys';
import { RoundLedger } from './ledger';
import type { Store } from './store';

export interface OpenRound {
  ref: RoundRef;
  left: Exclude<RoundDecision, { kind: 'attempt' }>;
}

/** Rounds of a job that were bought, or may have been, and whose results are neither in the store nor given up. */
export async function* openRounds(store: Store, job: JobRef): AsyncGenerator<OpenRound> {
  const open = new Map<string, RoundRef>();
  // The keys tell of most rounds that they are closed: only of the others the ledger is read.
  const closed = new Set<string>();
  for await (const { key } of store.list(keys.chunks(job))) {
    const [, chunk, round, name] = /\/chunks\/(\d+)\/rounds\/(\d+)\/(.+)$/.exec(key) ?? [];
    if (name === undefined) continue;
    const ref = { job, chunk: Number(chunk), round: Number(round) };
    if (name === 'results.jsonl' || name === 'lost.json') closed.add(`${chunk}/${round}`);
    else open.set(`${chunk}/${round}`, ref);
  }
  for (const [name, ref] of open) {
    if (closed.has(name)) continue;
    const left = decideRound(await new RoundLedger(store, ref).read());
    if (left.kind !== 'attempt') yield { ref, left };
  }
}
