// protocol/: decides what a round may do next, so that nothing is bought twice. Start here. Pure, and checked
// by the model in test/unit/protocol. search.ts decides about lost batches.

/**
 * Times of the submission protocol, in milliseconds. `grace` must be longer than `stall + existence + lag`:
 * by its end, every batch that a lost answer can have bought exists and shows in the list.
 */
export interface SubmissionTimes {
  /** Heartbeat timeout of the activity that sends. */
  heartbeat: number;
  /** Longest time between requesting the gate and yielding the last bytes. */
  gate: number;
  /** Longest wait before the gate for what the machine's buffers may hold of the body. */
  drain: number;
  /** Largest difference between two clocks. */
  margin: number;
  /** Time after which the server drops a stalled upload. */
  stall: number;
  /** Longest time from the last byte sent until the batch exists. */
  existence: number;
  /** Longest delay of the list of batches. */
  lag: number;
  /** How long a commit without an answer is searched for before it is presumed lost. `null`: it never is. */
  grace: number | null;
}

const minutes = (n: number) => n * 60_000;

export const DEFAULT_GRACE = minutes(30);

/** Returns the times for a grace period: the defaults in proportion, within limits for three of them. */
export function submissionTimes(grace: number | null = DEFAULT_GRACE): SubmissionTimes {
  const scale = grace === null ? 1 : grace / DEFAULT_GRACE;
  return {
    // Not part of the proof, so never scaled below what a busy machine can keep.
    heartbeat: Math.max(5_000, Math.round(30_000 * Math.min(1, scale))),
    // An exclusive create takes disk time. A tenth of the grace period still leaves what the proof needs.
    gate: Math.min(10_000, (grace ?? DEFAULT_GRACE) / 10),
    drain: Math.min(15_000, (grace ?? DEFAULT_GRACE) / 120),
    margin: minutes(5) * scale,
    stall: minutes(10) * scale,
    existence: minutes(10) * scale,
    lag: minutes(5) * scale,
    grace,
  };
}

/** The ledger's entries of one attempt. */
export interface AttemptLedger {
  attempt: number;
  intent?: AttemptIntent;
  decision?: AttemptDecision;
  outcome?: AttemptOutcome;
  /** When a reconciler first found the commit without an outcome, in the API's time (ISO 8601). */
  committedSeen?: string;
}

export interface AttemptIntent {
  /** Part of every `custom_id` of the attempt. */
  nonce: string;
  /** Requests in the body. */
  count: number;
  /** The API's clock before the create request, ISO 8601. */
  apiTime: string;
  /**
   * The newest batch that the list showed then, and when it was created (ISO 8601): at the epoch if it showed
   * none. Every batch of the attempt is newer, whatever the API's clock says. Absent if the list did not say.
   */
  newest?: { id?: string; createdAt: string };
  /** Identifies key and workspace, to check that a later search uses the same. */
  fingerprint: string;
  /**
   * The requests are sent live, not as a batch. The round's folder has their outcomes. `apiTime` is the
   * worker's time.
   */
  live?: true;
}

export type AttemptDecision = { decision: 'commit' } | { decision: 'overtaken' };

export type AttemptOutcome =
  | { outcome: 'created' | 'found'; batch: string; createdAt: string }
  | { outcome: 'not-created'; reason: string }
  | { outcome: 'presumed-lost' };

export type AttemptState =
  /** Nothing decided: the attempt is uploading, or dead. */
  | 'open'
  /** Nothing was bought, and nothing can be any more. */
  | 'notSent'
  /** The last bytes may have been sent and no answer is known. */
  | 'unknown'
  /** Its requests are or were sent live. The round's folder shows which. */
  | 'live'
  | 'bought'
  | 'presumed-lost';

/** Returns what an attempt's ledger entries mean. The only place that interprets them. */
export function attemptState({ intent, decision, outcome }: AttemptLedger): AttemptState {
  if (outcome?.outcome === 'created' || outcome?.outcome === 'found') return 'bought';
  if (outcome?.outcome === 'presumed-lost') return 'presumed-lost';
  if (outcome?.outcome === 'not-created' || decision?.decision === 'overtaken') return 'notSent';
  if (decision?.decision !== 'commit') return 'open';
  return intent?.live ? 'live' : 'unknown';
}

export type RoundDecision =
  | { kind: 'bought'; batch: string; createdAt: string }
  /** This attempt alone sends its requests live. It is over when the round's results are in the store. */
  | { kind: 'live'; attempt: number; intent: AttemptIntent }
  /** Every attempt so far is closed, so attempt `attempt` may start. */
  | { kind: 'maySend'; attempt: number }
  /** Attempt `attempt` is not closed: overtake it, or search for what it bought. */
  | { kind: 'mustReconcile'; attempt: number };

type Ours = Extract<AttemptOutcome, { batch: string }>;

/** Returns the attempt of a round that bought its batch, if one did. */
export function boughtAttempt(
  attempts: readonly AttemptLedger[],
): (AttemptLedger & { outcome: Ours }) | undefined {
  return attempts.find(
    (entry): entry is AttemptLedger & { outcome: Ours } => attemptState(entry) === 'bought',
  );
}

/**
 * Decides what a round may do next, by the ledger alone: a workflow's memory can be reset, the ledger cannot.
 * An attempt starts only when every earlier one is closed.
 */
export function decideRound(attempts: readonly AttemptLedger[]): RoundDecision {
  const bought = boughtAttempt(attempts)?.outcome;
  if (bought) return { kind: 'bought', batch: bought.batch, createdAt: bought.createdAt };
  for (const entry of attempts) {
    const state = attemptState(entry);
    if (state === 'live') return { kind: 'live', attempt: entry.attempt, intent: entry.intent! };
    if (state === 'open' || state === 'unknown') return { kind: 'mustReconcile', attempt: entry.attempt };
  }
  const last = attempts.at(-1);
  return { kind: 'maySend', attempt: last ? last.attempt + 1 : 0 };
}

/** Returns the attempts of a round that were presumed lost. The batch of each may still appear. */
export function presumedLost(attempts: readonly AttemptLedger[]): AttemptLedger[] {
  return attempts.filter((entry) => attemptState(entry) === 'presumed-lost');
}

/** How many attempts of a round may be presumed lost without a person's decision. */
export const MOST_PRESUMED_LOST = 3;

/** Returns whether one more attempt of a round may be presumed lost. At most `allowed` of them ever are. */
export function mayPresumeLost(attempts: readonly AttemptLedger[], allowed: number): boolean {
  return presumedLost(attempts).length < allowed;
}

/**
 * Returns whether a batch that an attempt bought is an orphan, by the attempt's outcome in the ledger: if the
 * attempt was presumed lost, its round may have been resent.
 */
export function isOrphan(standing: AttemptOutcome): boolean {
  return standing.outcome === 'presumed-lost';
}
