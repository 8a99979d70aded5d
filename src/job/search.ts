/** The search for a batch that an attempt may have bought and whose answer was lost: all its decisions, none of its steps. */
import type { Submission } from './steps';
import { type AttemptIntent, DEFAULT_GRACE, type SubmissionTimes } from './submission';

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
 * Judges a batch by what the list says. `unreadable`: the fields that would tell are missing, so it may be the attempt's.
 * Only fields that are there rule a batch out.
 */
export function judgeListed(
  { size, createdAt, counts }: Listed,
  intent: Pick<AttemptIntent, 'count'>,
  window: Window,
): 'candidate' | 'other' | 'unreadable' {
  const least = Object.values(counts).reduce<number>((sum, count = 0) => sum + count, 0);
  const known = { size: size ?? intent.count, createdAt: createdAt ?? new Date(window.from) };
  if (least > intent.count || !isCandidate(known, intent, window)) return 'other';
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

/** Complete looks, begun after the grace, that must see nothing before a commit is presumed void. */
const LOOKS = 2;

/** What a chunk's workflow remembers of a search. Only how long it looks depends on it: what may be sent, the ledger says. */
export interface Search {
  /** The attempt that is looked for, as the last look told. */
  attempt?: number;
  /** When it was first looked for, in milliseconds of workflow time. */
  since?: number;
  /** Looks that count, in a row. */
  looks: number;
  /** How many attempts of the round may be presumed void: one, and one more than were when a person resumed the chunk. */
  allowed: number;
  /** How many have been, as the last look told. */
  givenUp: number;
  /** A person released a search that presumes nothing by itself. */
  released: boolean;
  /** Since when each look has met what may never pass by itself, in milliseconds of workflow time. */
  blockedSince?: number;
  /** It is held for what stands in its way, and not to be allowed another attempt. */
  blocked: boolean;
}

export const NEW_SEARCH: Search = { looks: 0, allowed: 1, givenUp: 0, released: false, blocked: false };

/** Whether enough was looked for: the next step may presume the attempt void. */
export function lookedEnough({ looks }: Search): boolean {
  return looks >= LOOKS;
}

type Look = Extract<Submission, { kind: 'look' | 'held' }>;

/**
 * Takes what a look brought that began at `began` and ended at `now`. Where the search cannot go on without a person, `held`
 * says why.
 */
export function afterLook(
  search: Search,
  look: Look,
  began: number,
  now: number,
  { grace }: Pick<SubmissionTimes, 'grace'>,
): { search: Search & { since: number }; held?: string } {
  const same = look.kind === 'held' || look.attempt === search.attempt;
  // What a person allowed was meant for the attempt that was looked for then, and for no other.
  const of = same ? search : { ...NEW_SEARCH, attempt: look.attempt };
  const known = { ...of, givenUp: look.givenUp ?? search.givenUp };
  const since = known.since ?? now;
  if (look.kind === 'held') return { search: { ...known, since }, held: look.reason };

  const nothing = look.complete && look.watching.length === 0;
  // Also where a person says that there is no batch: what was sent a moment ago does not show in the Console either.
  const patience = grace ?? DEFAULT_GRACE;
  const late = known.since !== undefined && began - known.since >= patience;
  const counts = nothing && late && (grace !== null || known.released);
  const blockedSince = look.blocked === undefined ? undefined : (known.blockedSince ?? now);
  const next = { ...known, since, looks: counts ? known.looks + 1 : 0, blockedSince };
  // What can be waited for is waited for as long as any batch of ours takes to show, and from when it came: a batch that ran for
  // hours may have results that cannot be read for a moment.
  if (look.blocked !== undefined && blockedSince !== undefined && began - blockedSince >= patience) {
    return { search: { ...next, blocked: true }, held: look.blocked };
  }
  if (!nothing || grace !== null || known.released) return { search: next };
  return { search: next, held: 'A batch was sent, its answer was lost, and no batch shows in the list.' };
}

/**
 * A person resumed the chunk: what came to show while it was held is found before anything is sent again. What stood in the way is
 * waited for anew.
 */
export function afterRelease(search: Search, { grace }: Pick<SubmissionTimes, 'grace'>): Search {
  const anew = { ...search, since: undefined, blockedSince: undefined, looks: 0, blocked: false };
  if (search.blocked) return anew;
  const released = grace === null;
  const allowed = Math.max(search.allowed, search.givenUp) + 1;
  return { ...anew, since: released ? search.since : undefined, allowed, released };
}
