import type { BatchesApi } from '../../src/anthropic/api';
import { ApiCallError } from '../../src/anthropic/api-failure';
import type { ReconcileInput, ReconcileOutcome } from '../../src/job/activity-types';
import { candidateWindow, needsProof } from '../../src/job/protocol/search';
import {
  type AttemptLedger,
  attemptState,
  boughtAttempt,
  decideRound,
  mayPresumeLost,
  presumedLost,
} from '../../src/job/protocol/submission';
import { lostBatch, type SearchObstacle } from '../../src/job/reason';
import { claimBatch, ownClaim } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import { searchBatch } from '../orphans/batch-search';
import { UnsearchableList } from '../orphans/listed-since';
import { noteOrphan, withWatch } from '../orphans/orphans';
import { onJob } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { readStepFailure } from '../runtime/failure';
import { reasonOf } from '../runtime/report-failure';
import { showsKnownBatch } from './known-batch';
import { OVERTAKEN } from './send-preconditions';

/**
 * Closes a round's open attempt, or reports what prevents that. Overtakes an attempt that has not committed;
 * otherwise searches for the batch that it may have bought.
 */
export function createReconcile(deps: ActivityDeps) {
  return async function anthropicReconcile(input: ReconcileInput): Promise<ReconcileOutcome> {
    return onJob(deps, input, () => reconcile(deps, input));
  };
}

async function reconcile(deps: ActivityDeps, input: ReconcileInput): Promise<ReconcileOutcome> {
  const ledger = new RoundLedger(deps.store, input);
  deps.points?.reach('reconcile/begun');
  const attempts = await ledger.read();
  const decision = decideRound(attempts);
  if (decision.kind === 'bought') {
    // The process that recorded the answer may have died before it claimed the batch.
    const own = boughtAttempt(attempts);
    if (own?.intent) await claimBatch(deps.store, ownClaim(input, own.attempt, own.intent, decision.batch));
    return withWatch(deps.store, input, attempts, decision);
  }
  // Requests sent live have no batch to search for.
  if (decision.kind !== 'mustReconcile') return OVERTAKEN;

  const { value } = await ledger.decide(decision.attempt, 'overtaken');
  deps.points?.reach('reconcile/overtaken');
  if (value.decision === 'overtaken') return OVERTAKEN;

  // The attempt committed first. Its answer may have come since the ledger was read.
  const entry = (await ledger.read()).find(({ attempt }) => attempt === decision.attempt)!;
  if (attemptState(entry) !== 'unknown') return reconcile(deps, input);

  // A late call may meet a newer attempt than the one searched for. That attempt's answer may still come.
  const meant = input.attempt === undefined || input.attempt === entry.attempt;
  if (input.presumeLost && meant) return presumeLost(deps, ledger, attempts, entry, input);
  return search(deps, ledger, entry, presumedLost(attempts).length, input);
}

/** Searches for the batch of an open attempt. A failed search proves nothing: the batch may exist. */
async function search(
  deps: ActivityDeps,
  ledger: RoundLedger,
  entry: AttemptLedger,
  before: number,
  input: ReconcileInput,
): Promise<ReconcileOutcome> {
  try {
    const api = deps.anthropic();
    const found = await searchFor(deps, api, ledger, entry, before, input);
    if (found.kind !== 'searching') return found;
    const isAbsent = found.complete && found.watching.length === 0;
    const proved = isAbsent && needsProof(before) ? await showsKnownBatch(deps.store, api) : undefined;
    return { ...found, proved };
  } catch (error) {
    if (readStepFailure(error, false)?.final) throw error;
    const blocked: SearchObstacle | undefined =
      error instanceof UnsearchableList ? { code: 'unsearchableList', problem: error.message } : undefined;
    return {
      kind: 'searching',
      complete: false,
      watching: [],
      reason: blocked ?? (await reasonOf(deps, input, error)),
      blocked,
      delay: error instanceof ApiCallError ? error.failure.retryAfter : undefined,
      attempt: entry.attempt,
      presumedLost: before,
      lost: lostBatch(entry.intent!),
    };
  }
}

async function presumeLost(
  deps: ActivityDeps,
  ledger: RoundLedger,
  attempts: readonly AttemptLedger[],
  entry: AttemptLedger,
  input: ReconcileInput,
): Promise<ReconcileOutcome> {
  if (!mayPresumeLost(attempts, input.allowed)) {
    const { length } = presumedLost(attempts);
    return {
      kind: 'held',
      presumedLost: length,
      reason: { code: 'presumedLostBefore', attempts: length },
      lost: lostBatch(entry.intent!),
    };
  }
  deps.points?.reach('reconcile/before-presumed-lost');
  await ledger.close(entry.attempt, { outcome: 'presumed-lost' });
  deps.points?.reach('reconcile/presumed-lost');
  // The attempt's own answer may have been recorded first.
  return reconcile(deps, input);
}

async function searchFor(
  deps: ActivityDeps,
  api: BatchesApi,
  ledger: RoundLedger,
  entry: AttemptLedger,
  presumedLost: number,
  input: ReconcileInput,
): Promise<ReconcileOutcome> {
  const intent = entry.intent!;
  const { now, newest } = await api.time();
  // A gateway's clock that is behind must not end the window before our batch, shown already or not.
  const latest = new Date(Math.max(now.getTime(), newest?.createdAt.getTime() ?? 0, Date.now()));
  const seen = await ledger.seen(entry.attempt, latest);
  deps.points?.reach('reconcile/seen');
  const found = await searchBatch(
    deps.store,
    api,
    { round: input, attempt: entry.attempt, intent },
    candidateWindow(intent, seen.getTime(), input.times),
  );
  if (!found.ours) {
    const { complete, watching, malformed, blocked } = found;
    // Results that cannot be read yet are normal. Malformed replies and a key of another workspace are
    // reported.
    const reason = complete ? malformed && (blocked ?? malformed) : blocked;
    return {
      kind: 'searching',
      attempt: entry.attempt,
      complete,
      watching,
      presumedLost,
      reason,
      blocked,
      lost: lostBatch(entry.intent!),
    };
  }

  const { id, createdAt } = found.ours;
  deps.points?.reach('reconcile/found');
  await claimBatch(deps.store, { ...ownClaim(input, entry.attempt, intent, id), proved: true });
  deps.points?.reach('reconcile/claimed');
  for (const batch of found.further ?? []) {
    await noteOrphan(deps, input, { attempt: entry.attempt, intent }, batch);
  }
  await ledger.close(entry.attempt, {
    outcome: 'found',
    batch: id,
    createdAt: createdAt?.toISOString() ?? intent.apiTime,
  });
  deps.points?.reach('reconcile/outcome-written');
  return reconcile(deps, input);
}
