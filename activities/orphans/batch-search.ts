import type { Batch, BatchesApi, ListedBatch } from '../../src/anthropic/api';
import { readFailure } from '../../src/anthropic/api-failure';
import { shownNonce } from '../../src/anthropic/results';
import type { RoundRef } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { judgeListed, ownerOf, type Window } from '../../src/job/protocol/search';
import type { AttemptIntent } from '../../src/job/protocol/submission';
import type { SearchObstacle, WaitReason } from '../../src/job/reason';
import { type BatchClaim, claimBatch, readClaim } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import type { Store } from '../../src/store/store';
import { sameWorkspace } from '../runtime/same-workspace';
import { listedSince } from './listed-since';

export interface SearchResult {
  /**
   * Every page back to one wholly older than the window was read, with a key that reaches the same workspace.
   */
  complete: boolean;
  /** Batches that may be the attempt's and cannot be identified yet. */
  watching: string[];
  ours?: OwnBatch;
  /** Further batches of the attempt: something between the worker and the API sent the create again. */
  further?: OwnBatch[];
  /** Malformed replies about batches that may be the attempt's. */
  malformed?: Extract<WaitReason, { code: 'malformedReplies' }>;
  /**
   * What blocks the search and may never pass on its own. Unset while a running batch may be the attempt's.
   */
  blocked?: SearchObstacle;
}

/** The attempt whose batch is searched for. */
export interface Sought {
  round: RoundRef;
  attempt: number;
  intent: AttemptIntent;
}

/** A batch that is proved to be an attempt's, with the fields that the API's replies contain. */
export type OwnBatch = Pick<Batch, 'id' | 'createdAt'>;

/**
 * Searches the list for the batch that an attempt may have bought. Request count and creation time only make
 * a batch a candidate. Once it has ended, its `custom_id`s prove its owner. A batch that cannot be judged
 * stays a candidate.
 */
export async function searchBatch(
  store: Store,
  api: BatchesApi,
  sought: Sought,
  window: Window,
): Promise<SearchResult> {
  const known = await sameWorkspace(store, api, sought.round, sought.intent);
  const running: string[] = [];
  const unreadable: string[] = [];
  const problems = new Map<string, string>();
  const own: OwnBatch[] = [];
  try {
    for await (const candidate of candidates(store, api, sought, window)) {
      const { id = 'a batch without an id', status, problem } = candidate;
      if (candidate.whose === 'ours') own.push(candidate);
      else (status === 'in_progress' || status === 'canceling' ? running : unreadable).push(id);
      if (problem !== undefined) problems.set(id, `${id}: ${problem}`);
    }
  } catch (error) {
    // What is proved stays proved. Only further batches may not have been seen.
    if (own.length === 0) throw error;
  }
  const [ours, ...further] = own;
  if (ours) return { complete: false, watching: [], ours, further };
  const said = { batches: [...problems.keys()], problems: [...problems.values()] };
  return {
    complete: known,
    watching: [...running, ...unreadable],
    malformed: problems.size > 0 ? { code: 'malformedReplies', ...said } : undefined,
    blocked: running.length > 0 ? undefined : obstacle(known, unreadable, said.problems),
  };
}

function obstacle(known: boolean, unreadable: string[], problems: string[]): SearchObstacle | undefined {
  if (!known) return { code: 'keyChanged' };
  return unreadable.length > 0 ? { code: 'unreadableBatches', batches: unreadable, problems } : undefined;
}

/** Bytes of a candidate's results that show whose they are: every row of a batch has the same nonce. */
const FIRST_ROWS = 1_000_000;

export interface FoundByResults {
  ours?: OwnBatch;
  /** Batches that may be ours and have not ended. */
  running: string[];
}

/**
 * Finds the batch of an attempt whose answer named another's, by results alone.
 *
 * @param window when the attempt's batch was probably created: only its running batches are waited for
 */
export async function findByResults(
  api: BatchesApi,
  intent: AttemptIntent,
  window: Window,
): Promise<FoundByResults> {
  const running: string[] = [];
  const since = { from: window.from, to: Number.POSITIVE_INFINITY };
  for await (const listed of listedSince(api, window.from)) {
    const { id } = listed;
    if (id === undefined || judgeListed(listed, intent, since) === 'other') continue;
    const { batch } = await readInFull(api, listed, id, intent, since);
    const { resultsUrl = null, status, createdAt } = batch;
    if (status === 'ended') {
      const shown = await shownNonce(api, { id, resultsUrl }, intent.nonce, FIRST_ROWS);
      if (shown === intent.nonce) return { ours: { id, createdAt }, running };
    } else if (judgeListed(batch, intent, window) === 'candidate') running.push(id);
  }
  return { running };
}

/** A batch that may be an attempt's: proved to be, or not identified yet. */
type Candidate =
  | (OwnBatch & { whose: 'ours'; status?: Batch['status']; problem?: undefined })
  | (Partial<Pick<Batch, 'id' | 'status'>> & {
      whose: 'unknown';
      /** What is wrong with the replies about the batch. */
      problem?: string;
    });

/**
 * Yields the batches that may be an attempt's, newest first. A doubtful batch neither blocks the search nor
 * is waited for: it is yielded only once its results prove it.
 */
export async function* candidates(
  store: Store,
  api: BatchesApi,
  sought: Sought,
  window: Window,
): AsyncGenerator<Candidate> {
  const { round, attempt, intent } = sought;
  const named = await new RoundLedger(store, round).named(attempt);
  const candidate = named && (await judgeNamed(store, api, named, sought));
  if (candidate) yield candidate;
  for await (const listed of listedSince(api, window.from)) {
    if (named !== undefined && listed.id === named) continue;
    const judged = judgeListed(listed, intent, window);
    if (judged === 'other') continue;
    if (judged === 'doubtful' && (listed.status !== 'ended' || listed.id === undefined)) continue;
    const candidate = await judge(store, api, listed, sought, window);
    if (candidate) yield candidate;
  }
}

/**
 * Judges the batch that a contradicted answer named. Only proof or its absence from the API settles it,
 * whatever its size and time.
 *
 * @returns `undefined` for a batch that is not the attempt's
 */
async function judgeNamed(
  store: Store,
  api: BatchesApi,
  id: string,
  sought: Sought,
): Promise<Candidate | undefined> {
  const { nonce } = sought.intent;
  const claim = await readClaim(store, id);
  if (claim && isSettled(claim, nonce)) return verdict({ counts: {} }, id, ownerOf(claim.nonce, nonce));
  try {
    const batch = await api.retrieve(id);
    return verdict(batch, id, await owner(store, api, batch, sought, claim));
  } catch (error) {
    const { type, message } = readFailure(error);
    if (type === FAILURE.notFound) return undefined;
    if (type !== FAILURE.malformed) throw error;
    return { whose: 'unknown', id, problem: message };
  }
}

/** @returns `undefined` for a batch that is not the attempt's */
async function judge(
  store: Store,
  api: BatchesApi,
  listed: ListedBatch,
  sought: Sought,
  window: Window,
): Promise<Candidate | undefined> {
  const { id } = listed;
  const { intent } = sought;
  if (id === undefined) return { whose: 'unknown', problem: 'malformed reply: field id is missing.' };
  // Claims hold across all jobs of the store and need no further reply. Once a batch has ended, its results
  // must agree: the answer on which a claim rests may have been swapped with ours.
  const claim = await readClaim(store, id);
  if (claim && (listed.status !== 'ended' || isSettled(claim, intent.nonce))) {
    return verdict(listed, id, ownerOf(claim.nonce, intent.nonce));
  }

  const { batch, problem } = await readInFull(api, listed, id, intent, window);
  const judged = judgeListed(batch, intent, window);
  if (judged === 'other') return undefined;
  const whose = await owner(store, api, { ...batch, id }, sought, claim);
  if (judged === 'doubtful' && whose === 'unknown') return undefined;
  return verdict(batch, id, whose, problem);
}

function verdict(
  { status, createdAt }: ListedBatch,
  id: string,
  whose: ReturnType<typeof ownerOf>,
  problem?: string,
): Candidate | undefined {
  if (whose === 'other') return undefined;
  return whose === 'ours' ? { whose, id, status, createdAt } : { whose, id, status, problem };
}

/**
 * Retrieves a batch whose list entry is incomplete.
 *
 * @returns the list entry and what is wrong, if the retrieved batch is incomplete too
 * @throws {ApiCallError} if the API does not answer: the search has failed
 */
async function readInFull(
  api: BatchesApi,
  listed: ListedBatch,
  id: string,
  intent: AttemptIntent,
  window: Window,
): Promise<{ batch: ListedBatch; problem?: string }> {
  const isReadable = (batch: ListedBatch) =>
    batch.status !== undefined && judgeListed(batch, intent, window) !== 'unreadable';
  if (isReadable(listed)) return { batch: listed };
  try {
    const batch = await api.retrieve(id);
    return isReadable(batch) ? { batch } : { batch, problem: missingField(batch) };
  } catch (error) {
    const { type, message } = readFailure(error);
    if (type !== FAILURE.malformed && type !== FAILURE.notFound) throw error;
    return { batch: listed, problem: message };
  }
}

const missingField = ({ createdAt }: ListedBatch) =>
  `malformed reply: field ${createdAt === undefined ? 'created_at' : 'request_counts'} is missing or ` +
  'malformed.';

/** Returns the owner of a batch. Only the results of one that has ended prove it. */
async function owner(
  store: Store,
  api: BatchesApi,
  batch: ListedBatch & { id: string },
  sought: Sought,
  claim: BatchClaim | undefined,
) {
  const isRunning = batch.status === 'in_progress' || batch.status === 'canceling';
  return isRunning ? 'unknown' : await ownerByResults(store, api, batch, sought, claim?.nonce);
}

/** Returns whether a claim needs no agreement by the batch's results. */
const isSettled = ({ proved, nonce }: BatchClaim, sought: string): boolean => proved || nonce === sought;

/**
 * Returns the owner of a batch according to the `custom_id`s in its results. One reply with another batch's
 * rows proves nothing: that the batch is another's takes the same nonce in two searches. Until then its owner
 * is unknown.
 */
async function ownerByResults(
  store: Store,
  api: BatchesApi,
  { id, resultsUrl = null }: ListedBatch & { id: string },
  { round, attempt, intent }: Sought,
  claimed: string | null | undefined,
) {
  const read = (most?: number) => shownNonce(api, { id, resultsUrl }, intent.nonce, most);
  // A claim and the first rows that agree need no more.
  const first = claimed === undefined ? undefined : await read(FIRST_ROWS);
  const shown = first !== undefined && (first === claimed || first === intent.nonce) ? first : await read();
  const whose = ownerOf(shown, intent.nonce);
  // The caller claims our own batch, because it knows the attempt.
  if (shown === undefined || whose !== 'other') return whose;
  const isClaimed = claimed === shown;
  if (!isClaimed && !(await new RoundLedger(store, round).shown(attempt, id, shown))) return 'unknown';
  await claimBatch(store, { batch: id, nonce: shown, proved: true });
  return whose;
}
