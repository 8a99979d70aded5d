/** Decisions of the search for a batch that an attempt may have bought and whose answer was lost. Pure. */
import type { Held, Searching } from '../activity-types';
import type { SearchObstacle } from '../reason';
import { type AttemptIntent, DEFAULT_GRACE, MOST_PRESUMED_LOST, type SubmissionTimes } from './submission';

/** Milliseconds of the API's clock. */
export interface Window {
  from: number;
  to: number;
}

type Begun = Pick<AttemptIntent, 'apiTime' | 'newest'>;

/**
 * Returns the earliest time at which a batch of this attempt can have been created. The clock in the replies
 * of a gateway may be wrong by hours, so a batch that is newer than what the list showed before the attempt
 * is never too early.
 */
function earliest({ apiTime, newest }: Begun, { margin }: Pick<SubmissionTimes, 'margin'>): number {
  const byClock = Date.parse(apiTime) - margin;
  return newest === undefined ? byClock : Math.min(byClock, Date.parse(newest.createdAt) + 1);
}

/** Returns the period in which a lost batch of this attempt can have been created. */
export function candidateWindow(intent: Begun, committedSeen: number, times: SubmissionTimes): Window {
  return {
    from: earliest(intent, times),
    to: committedSeen + times.stall + times.existence + times.margin,
  };
}

/**
 * Returns the period in which the batch of an attempt that was presumed lost may appear. It has no upper
 * bound, because the process that sends it may have been frozen for any time.
 */
export function orphanWindow(intent: Begun, times: Pick<SubmissionTimes, 'margin'>): Window {
  return { from: earliest(intent, times), to: Number.POSITIVE_INFINITY };
}

/** Returns whether a listed batch may be the attempt's. This is never proof. */
export function isCandidate(
  batch: { size: number; createdAt: Date },
  intent: Pick<AttemptIntent, 'count'>,
  { from, to }: Window,
): boolean {
  const at = batch.createdAt.getTime();
  return batch.size === intent.count && at >= from && at <= to;
}

/** A batch as a reply describes it. Any field may be missing. */
interface Listed {
  size?: number;
  createdAt?: Date;
  counts: Partial<Record<string, number>>;
}

/**
 * Judges a batch by the list. `unreadable`: the deciding fields are missing, so it may be the attempt's.
 * `doubtful`: it came late, or its counts differ from the attempt's, so only proof makes it the attempt's.
 * Only a batch older than the window is certainly another's: a process may have been frozen, and gateways
 * send wrong counts.
 */
export function judgeListed(
  { size, createdAt, counts }: Listed,
  intent: Pick<AttemptIntent, 'count'>,
  window: Window,
): 'candidate' | 'doubtful' | 'other' | 'unreadable' {
  if (createdAt !== undefined && createdAt.getTime() < window.from) return 'other';
  const least = Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
  const known = { size: size ?? intent.count, createdAt: createdAt ?? new Date(Math.ceil(window.from)) };
  if (least > intent.count || !isCandidate(known, intent, window)) return 'doubtful';
  return size === undefined || createdAt === undefined ? 'unreadable' : 'candidate';
}

/**
 * Returns whether a reply about a batch contradicts that the attempt made it: the batch has another number of
 * requests, or existed before the attempt.
 */
export function contradicts(
  batch: Listed & { id: string },
  intent: Begun & Pick<AttemptIntent, 'count'>,
  times: Pick<SubmissionTimes, 'margin'>,
): boolean {
  const { newest } = intent;
  if (newest?.id === batch.id) return true;
  if (newest && batch.createdAt && batch.createdAt.getTime() < Date.parse(newest.createdAt)) return true;
  const judged = judgeListed(batch, intent, orphanWindow(intent, times));
  return judged === 'other' || judged === 'doubtful';
}

/**
 * Returns the owner of a candidate by its proved nonce: `null` for another tool's batch, `undefined` if
 * nothing is proved, as for a running batch.
 */
export function ownerOf(proved: string | null | undefined, nonce: string): 'ours' | 'other' | 'unknown' {
  if (proved === undefined) return 'unknown';
  return proved === nonce ? 'ours' : 'other';
}

/**
 * Complete searches, begun after the grace period, that must find nothing before an attempt is presumed lost.
 */
const EMPTY_SEARCHES = 2;

/** Factor by which the grace period grows with each further attempt of a round. */
const GRACE_FACTOR = 4;

/**
 * The state of a search in a chunk's workflow. It only decides how long to search: the ledger decides what
 * may be sent.
 */
export interface Search {
  /** The attempt searched for, as the last search reported. */
  attempt?: number;
  /** When the search for it began, in milliseconds of workflow time. */
  since?: number;
  /** Searches in a row that count and found nothing. */
  empty: number;
  /**
   * How many attempts of the round may be presumed lost: three, and one more each time a person resumes the
   * chunk.
   */
  allowed: number;
  /** How many were presumed lost, as the last search reported. */
  presumedLost: number;
  /**
   * A person released this search. Its attempt may be presumed lost after one grace period, without proof by
   * the list.
   */
  released: boolean;
  /**
   * Since when each search was blocked by something that may never pass, in milliseconds of workflow time.
   */
  blockedSince?: number;
  /** The chunk is held because the search is blocked, not because it needs permission for another attempt. */
  blocked: boolean;
}

export const NEW_SEARCH: Search = {
  empty: 0,
  allowed: MOST_PRESUMED_LOST,
  presumedLost: 0,
  released: false,
  blocked: false,
};

/**
 * Returns whether an attempt may be presumed lost only if the list also shows a batch known to be ours, given
 * how many attempts of its round were presumed lost before. The first needs no such proof. After the third, a
 * person decides.
 */
export function needsProof(presumedLost: number): boolean {
  return presumedLost > 0 && presumedLost < MOST_PRESUMED_LOST;
}

/** Returns whether the search is sufficient: the next step may presume the attempt lost. */
export function searchedEnough({ empty }: Search): boolean {
  return empty >= EMPTY_SEARCHES;
}

/**
 * Adds the result of a search that ran from `began` to `now`. If only a person can decide how to go on,
 * `held` says why.
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: each line is a rule; the order decides.
export function afterSearch(
  search: Search,
  found: Searching | Held,
  began: number,
  now: number,
  { grace }: Pick<SubmissionTimes, 'grace'>,
): { search: Search & { since: number }; held?: SearchObstacle } {
  const same = found.kind === 'held' || found.attempt === search.attempt;
  // A person's permission applies only to the attempt that was searched for then.
  const of = same ? search : { ...NEW_SEARCH, attempt: found.attempt };
  const known = { ...of, presumedLost: found.presumedLost };
  const since = known.since ?? now;
  if (found.kind === 'held') return { search: { ...known, since }, held: found.reason };

  const nothing = found.complete && found.watching.length === 0;
  // Applies also if a person says that there is no batch: the Console does not show a very recent batch
  // either.
  const oneGrace = grace ?? DEFAULT_GRACE;
  const proof = needsProof(known.presumedLost) && !known.released;
  const searched = known.since === undefined ? undefined : began - known.since;
  const isAfter = (wait: number) => searched !== undefined && searched >= wait;
  const whole = proof ? oneGrace * GRACE_FACTOR ** known.presumedLost : oneGrace;
  const isProved = !proof || found.proved === true;
  const counts = nothing && isAfter(whole) && isProved && (grace !== null || known.released);
  const blockedSince = found.blocked === undefined ? undefined : (known.blockedSince ?? now);
  const next = { ...known, since, empty: counts ? known.empty + 1 : 0, blockedSince };
  // A block that may pass is waited for from when it began, for as long as a batch of ours takes to appear. A
  // batch that ran for hours may have results that are unreadable for a moment.
  if (found.blocked !== undefined && blockedSince !== undefined && began - blockedSince >= oneGrace) {
    return { search: { ...next, blocked: true }, held: found.blocked };
  }
  if (!nothing || known.released) return { search: next };
  if (grace === null) return { search: next, held: { code: 'noBatchListed' } };
  // Waiting longer would prove no more: the list may omit the batches that this key creates.
  if (!isProved && isAfter(oneGrace)) return { search: next, held: { code: 'unprovedAbsence' } };
  return { search: next };
}

/**
 * Restarts the search after a person resumed the chunk. A batch that appeared while the chunk was held is
 * found before anything is resent. The wait for a block to pass starts again.
 */
export function afterRelease(search: Search, { grace }: Pick<SubmissionTimes, 'grace'>): Search {
  const anew = { ...search, since: undefined, blockedSince: undefined, empty: 0, blocked: false };
  if (search.blocked) return anew;
  const allowed = Math.max(search.allowed, search.presumedLost + 1);
  // Without a grace period, the chunk was held at once, and the time since then counts.
  return { ...anew, since: grace === null ? search.since : undefined, allowed, released: true };
}
