/** The search for a batch that an attempt may have bought and whose answer was lost: all its decisions, none of its steps. */
import type { Held, Searching } from '../activity-types';
import { type AttemptIntent, DEFAULT_GRACE, MOST_PRESUMED_LOST, type SubmissionTimes } from './submission';

/** Milliseconds of the API's clock. */
export interface Window {
  from: number;
  to: number;
}

/** Between which times a lost batch of this attempt can have been created. */
export function candidateWindow(
  intent: Pick<AttemptIntent, 'apiTime'>,
  committedSeen: number,
  times: SubmissionTimes,
): Window {
  return {
    from: Date.parse(intent.apiTime) - times.margin,
    to: committedSeen + times.stall + times.existence + times.margin,
  };
}

/**
 * When the batch of an attempt that was given up may show: no upper bound, because the process that sends it may have been
 * frozen for any time.
 */
export function orphanWindow(
  intent: Pick<AttemptIntent, 'apiTime'>,
  { margin }: Pick<SubmissionTimes, 'margin'>,
): Window {
  return { from: Date.parse(intent.apiTime) - margin, to: Number.POSITIVE_INFINITY };
}

/** Whether a batch of the list may be the attempt's: never a proof. */
export function isCandidate(
  batch: { size: number; createdAt: Date },
  intent: Pick<AttemptIntent, 'count'>,
  { from, to }: Window,
): boolean {
  const at = batch.createdAt.getTime();
  return batch.size === intent.count && at >= from && at <= to;
}

/** What a reply says of a batch; any of it may be missing. */
interface Listed {
  size?: number;
  createdAt?: Date;
  counts: Partial<Record<string, number>>;
}

/**
 * Judges a batch by what the list says. `unreadable`: the fields that would tell are missing, so it may be the attempt's. `doubtful`:
 * it came late, or its counts are not the attempt's, so only a proof makes it the attempt's. Only what is older than the window is
 * another's for certain: a process may have been frozen, and gateways send wrong counts.
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
 * Whose a candidate is, by the nonce that is proved of it: `null` of another tool's batch, `undefined` where nothing is proved,
 * as of one that still runs.
 */
export function ownerOf(proved: string | null | undefined, nonce: string): 'ours' | 'other' | 'unknown' {
  if (proved === undefined) return 'unknown';
  return proved === nonce ? 'ours' : 'other';
}

/** Complete searches, begun after the grace, that must see nothing before an attempt is presumed lost. */
const LOOKS = 2;

/** The grace of each further attempt of a round is so many times as long as that of the one before. */
const GRACE_FACTOR = 4;

/** What a chunk's workflow remembers of a search. Only how long it looks depends on it: what may be sent, the ledger says. */
export interface Search {
  /** The attempt that is looked for, as the last look told. */
  attempt?: number;
  /** When it was first looked for, in milliseconds of workflow time. */
  since?: number;
  /** Looks that count, in a row. */
  looks: number;
  /** How many attempts of the round may be presumed lost: at most three, and one more each time a person resumes the chunk. */
  allowed: number;
  /** How many have been, as the last look told. */
  presumedLost: number;
  /** A person released this search: it may presume its attempt lost after one grace, without a proof by the list. */
  released: boolean;
  /** Since when each look has met what may never pass by itself, in milliseconds of workflow time. */
  blockedSince?: number;
  /** It is held for what stands in its way, and not to be allowed another attempt. */
  blocked: boolean;
}

export const NEW_SEARCH: Search = {
  looks: 0,
  allowed: MOST_PRESUMED_LOST,
  presumedLost: 0,
  released: false,
  blocked: false,
};

/**
 * Whether an attempt may be presumed lost only if the list also shows a batch that is known to be ours, when so many attempts of its
 * round were presumed lost before. The first needs no such proof, and beyond the third a person decides.
 */
export function needsProof(presumedLost: number): boolean {
  return presumedLost > 0 && presumedLost < MOST_PRESUMED_LOST;
}

/** Whether enough was looked for: the next step may presume the attempt lost. */
export function lookedEnough({ looks }: Search): boolean {
  return looks >= LOOKS;
}

/**
 * Adds the result of a search that began at `began` and ended at `now`. If only a person can decide how to go on, `held` says why.
 */
export function afterLook(
  search: Search,
  look: Searching | Held,
  began: number,
  now: number,
  { grace }: Pick<SubmissionTimes, 'grace'>,
): { search: Search & { since: number }; held?: string } {
  const same = look.kind === 'held' || look.attempt === search.attempt;
  // What a person allowed was meant for the attempt that was looked for then, and for no other.
  const of = same ? search : { ...NEW_SEARCH, attempt: look.attempt };
  const known = { ...of, presumedLost: look.presumedLost };
  const since = known.since ?? now;
  if (look.kind === 'held') return { search: { ...known, since }, held: look.reason };

  const nothing = look.complete && look.watching.length === 0;
  // Also where a person says that there is no batch: what was sent a moment ago does not show in the Console either.
  const patience = grace ?? DEFAULT_GRACE;
  const proof = needsProof(known.presumedLost) && !known.released;
  const searched = known.since === undefined ? undefined : began - known.since;
  const isAfter = (wait: number) => searched !== undefined && searched >= wait;
  const whole = proof ? patience * GRACE_FACTOR ** known.presumedLost : patience;
  const isProved = !proof || look.proved === true;
  const counts = nothing && isAfter(whole) && isProved && (grace !== null || known.released);
  const blockedSince = look.blocked === undefined ? undefined : (known.blockedSince ?? now);
  const next = { ...known, since, looks: counts ? known.looks + 1 : 0, blockedSince };
  // What can be waited for is waited for as long as any batch of ours takes to show, and from when it came: a batch that ran for
  // hours may have results that cannot be read for a moment.
  if (look.blocked !== undefined && blockedSince !== undefined && began - blockedSince >= patience) {
    return { search: { ...next, blocked: true }, held: look.blocked };
  }
  if (!nothing || known.released) return { search: next };
  if (grace === null) return { search: next, held: `${NOTHING_SHOWS} ${ASK}` };
  // To wait longer would prove no more: the list may show nothing that this key creates.
  if (!isProved && isAfter(patience)) return { search: next, held: `${UNPROVED} ${ASK}` };
  return { search: next };
}

const NOTHING_SHOWS = 'A batch was sent, its answer was lost, and no batch shows in the list.';

const UNPROVED =
  `${NOTHING_SHOWS} This happened in this round before, and the list shows no batch that this store knows, so it does not prove ` +
  'that the batch does not exist.';

const ASK =
  'Search the Anthropic Console for a batch of this size and time. If there is none, resume the job to send the round again.';

/** Why a chunk is held of whose round so many attempts were presumed lost. */
export function presumedTooOften(presumedLost: number): string {
  return `${NOTHING_SHOWS} ${presumedLost} batches of this round were presumed lost before. ${ASK}`;
}

/**
 * A person resumed the chunk: what came to show while it was held is found before anything is sent again. What stood in the way is
 * waited for anew.
 */
export function afterRelease(search: Search, { grace }: Pick<SubmissionTimes, 'grace'>): Search {
  const anew = { ...search, since: undefined, blockedSince: undefined, looks: 0, blocked: false };
  if (search.blocked) return anew;
  const allowed = Math.max(search.allowed, search.presumedLost + 1);
  // Without a grace of its own the chunk was held at once, and has waited since then.
  return { ...anew, since: grace === null ? search.since : undefined, allowed, released: true };
}
