// protocol/: decides what a round may do next, so that nothing is bought twice: pure, and checked by the model in
// test/unit/protocol. search.ts decides on a lost batch. Start here.

/**
 * Times of the submission protocol, in milliseconds. `grace` must be longer than `stall + existence + lag`: within it every
 * batch that a lost answer can have bought has come to exist and shows in the list.
 */
export interface SubmissionTimes {
  /** Heartbeat timeout of the activity that sends. */
  heartbeat: number;
  /** At most so long between asking for the gate and yielding the last bytes. */
  gate: number;
  /** At most so long is waited before the gate for what the machine's buffers may hold of the body. */
  drain: number;
  /** Margin between two clocks. */
  margin: number;
  /** The server drops an upload that stalls for so long. */
  stall: number;
  /** Longest time from the last byte sent until the batch exists. */
  existence: number;
  /** How far the list of batches may lag behind. */
  lag: number;
  /** How long a commit without an answer is looked for before it is presumed void; `null` presumes nothing ever. */
  grace: number | null;
}

const minutes = (n: number) => n * 60_000;

export const DEFAULT_GRACE = minutes(30);

/** The times that belong to a grace: the defaults, or all of them in the same proportion. */
export function submissionTimes(grace: number | null = DEFAULT_GRACE): SubmissionTimes {
  const scale = grace === null ? 1 : grace / DEFAULT_GRACE;
  return {
    // How soon a death is noticed has no part in the proof, so it is never scaled below what a busy machine keeps up with.
    heartbeat: Math.max(5_000, Math.round(30_000 * Math.min(1, scale))),
    // An exclusive create takes the disk its time; a tenth of the grace still leaves what the proof needs.
    gate: Math.min(10_000, (grace ?? DEFAULT_GRACE) / 10),
    drain: Math.min(15_000, (grace ?? DEFAULT_GRACE) / 120),
    margin: minutes(5) * scale,
    stall: minutes(10) * scale,
    existence: minutes(10) * scale,
    lag: minutes(5) * scale,
    grace,
  };
}

/** What the ledger holds of one attempt. */
export interface AttemptLedger {
  attempt: number;
  intent?: AttemptIntent;
  decision?: AttemptDecision;
  outcome?: AttemptOutcome;
  /** When a reconciler first met the commit without an outcome, in the API's time (ISO 8601). */
  committedSeen?: string;
}

export interface AttemptIntent {
  /** In every `custom_id` of the attempt. */
  nonce: string;
  /** Requests in the body. */
  count: number;
  /** The API's clock before the create, ISO 8601. */
  apiTime: string;
  /** Tells whether a later look is made with the same key and workspace. */
  fingerprint: string;
  /** No batch: its requests are sent live, and what came of each is in the round's folder. `apiTime` is then the worker's. */
  live?: true;
}

export type AttemptDecision = { decision: 'commit' } | { decision: 'overtaken' };

export type AttemptOutcome =
  | { outcome: 'created' | 'found'; batch: string; createdAt: string }
  | { outcome: 'not-created'; reason: string }
  | { outcome: 'presumed-lost' };

export type AttemptState =
  /** Nothing decided: uploading, or dead. */
  | 'open'
  /** Nothing was bought, nothing can be any more. */
  | 'notSent'
  /** The last bytes may have been sent and no answer is known. */
  | 'unknown'
  /** Its requests are sent live, or were: of each the round's folder says whether. */
  | 'live'
  | 'bought'
  | 'presumed-lost';

/** The one reading of the ledger: what an attempt's entries mean. */
export function attemptState({ intent, decision, outcome }: AttemptLedger): AttemptState {
  if (outcome?.outcome === 'created' || outcome?.outcome === 'found') return 'bought';
  if (outcome?.outcome === 'presumed-lost') return 'presumed-lost';
  if (outcome?.outcome === 'not-created' || decision?.decision === 'overtaken') return 'notSent';
  if (decision?.decision !== 'commit') return 'open';
  return intent?.live ? 'live' : 'unknown';
}

export type RoundDecision =
  | { kind: 'bought'; batch: string; createdAt: string }
  /** Its requests are sent live, by this attempt alone. It is over when the round's results are in the store. */
  | { kind: 'live'; intent: AttemptIntent }
  /** Every attempt so far is closed: attempt `attempt` may start. */
  | { kind: 'maySend'; attempt: number }
  /** Attempt `attempt` is not closed: overtake it, or look for what it bought. */
  | { kind: 'mustReconcile'; attempt: number };

type Ours = Extract<AttemptOutcome, { batch: string }>;

/** The attempt of a round that became its batch, where one has. */
export function boughtAttempt(
  attempts: readonly AttemptLedger[],
): (AttemptLedger & { outcome: Ours }) | undefined {
  return attempts.find(
    (entry): entry is AttemptLedger & { outcome: Ours } => attemptState(entry) === 'bought',
  );
}

/**
 * What a round may do next, decided by the ledger alone: a workflow's memory can be reset, the ledger cannot. An attempt
 * starts only when every earlier one is closed.
 */
export function decideRound(attempts: readonly AttemptLedger[]): RoundDecision {
  const bought = boughtAttempt(attempts)?.outcome;
  if (bought) return { kind: 'bought', batch: bought.batch, createdAt: bought.createdAt };
  for (const entry of attempts) {
    const state = attemptState(entry);
    if (state === 'live') return { kind: 'live', intent: entry.intent! };
    if (state === 'open' || state === 'unknown') return { kind: 'mustReconcile', attempt: entry.attempt };
  }
  const last = attempts.at(-1);
  return { kind: 'maySend', attempt: last ? last.attempt + 1 : 0 };
}

/** The attempts of a round that were presumed void: the batch of each may show after all. */
export function presumedLost(attempts: readonly AttemptLedger[]): AttemptLedger[] {
  return attempts.filter((entry) => attemptState(entry) === 'presumed-lost');
}

/** How many attempts of a round may be presumed lost without a person. */
export const MOST_PRESUMED_LOST = 3;

/** Whether one more attempt of a round may be presumed lost: at most `allowed` of them ever are. */
export function mayPresumeLost(attempts: readonly AttemptLedger[], allowed: number): boolean {
  return presumedLost(attempts).length < allowed;
}

/**
 * Whether a batch that an attempt got after all is one too many, by the outcome that stands in the ledger: presumed void, its
 * round may have been sent again.
 */
export function isOrphan(standing: AttemptOutcome): boolean {
  return standing.outcome === 'presumed-lost';
}
