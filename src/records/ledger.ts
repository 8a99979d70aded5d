import type { ChunkRef, RoundRef } from '../job/activity-types';
import type { JobRef } from '../job/job';
import {
  type AttemptDecision,
  type AttemptIntent,
  type AttemptLedger,
  type AttemptOutcome,
  presumedLost,
} from '../job/protocol/submission';
import { createOnce, findJson, putJson } from '../store/json';
import type { Store } from '../store/store';
import { attemptOf, keys } from './keys';
import { chunkRounds } from './rounds';

/** The value that stands in the ledger after a create, and whether this call created it. */
export interface Entry<T> {
  created: boolean;
  value: T;
}

/** A batch that is proved to be an attempt's. `createdAt` is ISO 8601. */
type Corrected = Pick<Extract<AttemptOutcome, { batch: string }>, 'batch' | 'createdAt'>;

/**
 * The submission ledger of one round: an intent, a decision and an outcome for each attempt, each created
 * once and never changed. A later writer reads what stands.
 */
export class RoundLedger {
  readonly #store: Store;
  readonly #round: RoundRef;

  constructor(store: Store, round: RoundRef) {
    this.#store = store;
    this.#round = round;
  }

  /** Returns all attempts of the round, in order. */
  async read(): Promise<AttemptLedger[]> {
    const { job, chunk, round } = this.#round;
    const attempts: AttemptLedger[] = [];
    for await (const name of this.#store.folders(keys.attempts(job, chunk, round))) {
      attempts.push(await this.#readAttempt(Number(name)));
    }
    // The store sorts by name, in which 1000 comes before 101.
    return attempts.sort((a, b) => a.attempt - b.attempt);
  }

  /** @returns `created: false` if the attempt was begun before: the caller must not send */
  intend(attempt: number, intent: AttemptIntent): Promise<Entry<AttemptIntent>> {
    return createOnce(this.#store, this.#key(attempt, 'intent'), intent);
  }

  /** The gate: the first of the attempt's `commit` and a reconciler's `overtaken` stands. */
  decide(attempt: number, decision: AttemptDecision['decision']): Promise<Entry<AttemptDecision>> {
    return createOnce(this.#store, this.#key(attempt, 'decision'), { decision });
  }

  /**
   * Returns whether the attempt's intent still stands. A deletion of the job removes all intents before any
   * decision. So an attempt that creates its decision and then finds its intent was not overtaken.
   */
  async stands(attempt: number, { nonce }: AttemptIntent): Promise<boolean> {
    return (await findJson<AttemptIntent>(this.#store, this.#key(attempt, 'intent')))?.nonce === nonce;
  }

  /** Removes a decision that was created after the job had been deleted. */
  forget(attempt: number): Promise<void> {
    return this.#store.delete(this.#key(attempt, 'decision'));
  }

  close(attempt: number, outcome: AttemptOutcome): Promise<Entry<AttemptOutcome>> {
    return createOnce(this.#store, this.#key(attempt, 'outcome'), outcome);
  }

  /** Records when a commit without an outcome was first found. An earlier time stands. */
  async seen(attempt: number, apiTime: Date): Promise<Date> {
    const { value } = await createOnce(this.#store, this.#key(attempt, 'committed-seen'), {
      apiTime: apiTime.toISOString(),
    });
    return new Date(value.apiTime);
  }

  /**
   * Records the batch that its results prove to be an attempt's, in place of the one that the outcome names:
   * the answers of two creates may have been swapped on their way.
   */
  async correct(attempt: number, batch: Corrected): Promise<void> {
    await createOnce(this.#store, this.#key(attempt, 'corrected'), batch);
  }

  /** Records the batch that the API's answer to an attempt named, although other facts contradict it. */
  async name(attempt: number, batch: string): Promise<void> {
    await createOnce(this.#store, this.#key(attempt, 'named'), { batch });
  }

  /** Returns the batch that a contradicted answer named. */
  async named(attempt: number): Promise<string | undefined> {
    return (await findJson<{ batch: string }>(this.#store, this.#key(attempt, 'named')))?.batch;
  }

  /**
   * Records the nonce that the results of a batch showed to a search for this attempt.
   *
   * @returns whether the search before it saw the same
   */
  async shown(attempt: number, batch: string, nonce: string | null): Promise<boolean> {
    const { job, chunk, round } = this.#round;
    const key = keys.shown(job, chunk, round, attempt, batch);
    const before = await findJson<{ nonce: string | null }>(this.#store, key);
    if (before?.nonce === nonce) return true;
    await putJson(this.#store, key, { nonce });
    return false;
  }

  #key(attempt: number, entry: string): string {
    const { job, chunk, round } = this.#round;
    return keys.attempt(job, chunk, round, attempt, entry);
  }

  async #readAttempt(attempt: number): Promise<AttemptLedger> {
    // The outcome is read first. An attempt that is closed between two reads then shows as open, and never as
    // closed without the entries before it.
    const outcome = await findJson<AttemptOutcome>(this.#store, this.#key(attempt, 'outcome'));
    const seen = await findJson<{ apiTime: string }>(this.#store, this.#key(attempt, 'committed-seen'));
    const decision = await findJson<AttemptDecision>(this.#store, this.#key(attempt, 'decision'));
    const intent = await findJson<AttemptIntent>(this.#store, this.#key(attempt, 'intent'));
    return {
      attempt,
      intent,
      decision,
      outcome: await this.#corrected(attempt, outcome),
      committedSeen: seen?.apiTime,
    };
  }

  async #corrected(attempt: number, outcome?: AttemptOutcome): Promise<AttemptOutcome | undefined> {
    if (outcome === undefined || !('batch' in outcome)) return outcome;
    const corrected = await findJson<Corrected>(this.#store, this.#key(attempt, 'corrected'));
    return corrected ? { ...outcome, batch: corrected.batch, createdAt: corrected.createdAt } : outcome;
  }
}

/** An attempt that was presumed lost. Its batch may still appear. */
export interface PresumedLostAttempt {
  round: number;
  attempt: number;
  intent: AttemptIntent;
}

/** Returns the attempts of a chunk that were presumed lost, in all rounds. */
export async function presumedLostAttempts(store: Store, ref: ChunkRef): Promise<PresumedLostAttempt[]> {
  const found: PresumedLostAttempt[] = [];
  for await (const round of chunkRounds(store, ref)) {
    for (const { attempt, intent } of presumedLost(await new RoundLedger(store, round).read())) {
      if (intent) found.push({ round: round.round, attempt, intent });
    }
  }
  return found;
}

/** Returns whether any attempt of a job was presumed lost. Its batch may still appear. */
export async function hasPresumedLost(store: Store, job: JobRef): Promise<boolean> {
  const read = new Set<number>();
  for await (const { key } of store.list(keys.chunks(job))) {
    // An attempt that was presumed lost has a successor, so most chunks need no further read.
    const { chunk, attempt } = attemptOf(key) ?? { chunk: 0, attempt: 0 };
    if (attempt === 0 || read.has(chunk)) continue;
    read.add(chunk);
    if ((await presumedLostAttempts(store, { job, chunk })).length > 0) return true;
  }
  return false;
}
