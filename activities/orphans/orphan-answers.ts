import { JudgedRows } from '../../src/anthropic/judged-rows';
import { SentRows } from '../../src/anthropic/owed-rows';
import type { ChunkRef } from '../../src/job/activity-types';
import { eachLine } from '../../src/lines/split';
import { Downloads } from '../../src/records/downloads';
import { presumedLostAttempts } from '../../src/records/ledger';
import { listOrphans } from '../../src/records/orphans';
import type { Store } from '../../src/store/store';
import { readSent } from '../runtime/requests';

/** A known orphan and its stored results. */
export interface KnownOrphan {
  batch: string;
  round: number;
  createdAt: Date;
  downloads: Downloads;
  /** Numbers of the downloads whose rows count. Empty if its results are not in the store. */
  numbers: number[];
  /** Returns a new record of the rows that the batch must have. */
  sent: () => SentRows;
}

/** Yields the orphans of a chunk whose results are in the store, in order of their rounds. */
export async function* orphanResults(store: Store, ref: ChunkRef): AsyncGenerator<KnownOrphan> {
  for await (const orphan of knownOrphans(store, ref)) if (orphan.numbers.length > 0) yield orphan;
}

/** Yields the orphans of a chunk, in order of their rounds. */
export async function* knownOrphans(store: Store, ref: ChunkRef): AsyncGenerator<KnownOrphan> {
  const orphans = await listOrphans(store, ref.job, ref.chunk);
  if (orphans.length === 0) return;
  const attempts = await presumedLostAttempts(store, ref);
  for (const { batch, round, attempt, createdAt } of orphans.sort((a, b) => a.round - b.round)) {
    const downloads = new Downloads(store, { ...ref, round, orphan: batch });
    const numbers = await downloads.counted();
    const given = attempts.find((one) => one.round === round && one.attempt === attempt);
    if (!given) continue;
    const ordinals = await readSent(store, { ...ref, round });
    const sent = () => new SentRows(given.intent.nonce, ordinals);
    yield { batch, round, createdAt: new Date(createdAt), downloads, numbers, sent };
  }
}

/**
 * Returns the ordinals that orphans of the chunk have answered. Answers that are paid for are not bought
 * again.
 */
export async function answeredByOrphans(store: Store, ref: ChunkRef): Promise<ReadonlySet<number>> {
  const answered = new Set<number>();
  for await (const { downloads, numbers, sent } of orphanResults(store, ref)) {
    const rows = new JudgedRows(sent());
    for (const number of numbers) {
      rows.next();
      for await (const line of eachLine(await downloads.open(number))) {
        const taken = rows.take(line);
        if (taken?.row?.status === 'succeeded') answered.add(taken.number);
      }
    }
  }
  return answered;
}
