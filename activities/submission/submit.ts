// submission/: buys each round at most once. Start here. reconcile.ts finds out what an attempt bought whose
// answer was lost. src/job/protocol makes the decisions; docs/submission.md has the proof.

import type { ApiTime, Batch, BatchesApi } from '../../src/anthropic/api';
import { ApiCallError, type ApiFailure, readFailure } from '../../src/anthropic/api-failure';
import { bodyWithoutTail, measureBody, withSmallEnd } from '../../src/anthropic/create-body';
import type { RoundRef, SubmitInput, SubmitOutcome } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { type AttemptIntent, isOrphan, type RoundDecision } from '../../src/job/protocol/submission';
import type { NormalizedSpec } from '../../src/job-spec/spec';
import { claimBatch, ownClaim } from '../../src/records/claims';
import { RoundLedger } from '../../src/records/ledger';
import { cancelOrphan, noteOrphan } from '../orphans/orphans';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { apiError } from '../runtime/failure';
import { reasonOf } from '../runtime/report-failure';
import { openRequests, readSelection } from '../runtime/requests';
import { retryStoreWrite } from '../runtime/retry-store-write';
import { isContradicted } from './contradicted';
import { Drain } from './drain';
import { GatedBody } from './gate';
import {
  beginAttempt,
  closedChunk,
  deletedJob,
  MUST_RECONCILE,
  refusedAttempt,
  standing,
} from './send-preconditions';
import { newNonce, sendRound } from './send-round';

/**
 * Sends a round as a batch, at most once. The ledger decides whether this call may send: every earlier
 * attempt of the round must be closed, and an attempt that was begun is never begun again.
 */
export function createSubmit(deps: ActivityDeps, heavy: Limit) {
  return async function anthropicSubmit(ref: SubmitInput): Promise<SubmitOutcome> {
    return sendRound(deps, ref, (decision, signal) => once(deps, heavy, ref, decision, signal));
  };
}

async function once(
  deps: ActivityDeps,
  heavy: Limit,
  ref: SubmitInput,
  decision: RoundDecision,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  if (decision.kind !== 'maySend') return standing(deps.store, ref, decision);
  const spec = await jobSpec(deps.store, ref.job);
  const closed = await closedChunk(deps.store, ref);
  if (closed) return closed;
  const refused = await refusedAttempt(deps, ref, decision.attempt, spec, signal);
  if (refused) return refused;
  return heavy(() => submit(deps, ref, spec, decision.attempt, signal), signal);
}

async function submit(
  deps: ActivityDeps,
  ref: SubmitInput,
  { betas }: NormalizedSpec,
  number: number,
  signal: AbortSignal,
): Promise<SubmitOutcome> {
  const ledger = new RoundLedger(deps.store, ref);
  const api = deps.anthropic();
  const apiTime = await apiClock(api);
  if (!('now' in apiTime)) return again(deps, ref, apiTime);

  const selection = await readSelection(deps.store, ref);
  const nonce = newNonce();
  const { size, count } = await measureBody(await openRequests(deps.store, ref, selection), nonce);
  const intent: AttemptIntent = {
    nonce,
    count,
    apiTime: apiTime.now.toISOString(),
    newest: apiTime.newest && { ...apiTime.newest, createdAt: apiTime.newest.createdAt.toISOString() },
    fingerprint: api.fingerprint,
  };
  deps.points?.reach('submit/before-intent');
  const refusal = await beginAttempt(deps, ref, number, intent);
  if (refusal) return refusal;
  deps.points?.reach('submit/intent-written');

  const attempt = new Attempt(deps, ref, ledger, number, intent);
  const requests = await openRequests(deps.store, ref, selection);
  const { gate: limit, drain: most } = ref.times;
  const drain = new Drain(most);
  let isDeleted = false;
  const body = new GatedBody(drain.watched(withSmallEnd(bodyWithoutTail(requests, nonce))), {
    drained: (closing) => drain.done(closing),
    commit: async () => {
      if ((await ledger.decide(number, 'commit')).value.decision !== 'commit') return false;
      isDeleted = !(await ledger.stands(number, intent));
      return !isDeleted;
    },
    limit,
    points: deps.points,
  });
  const upload = new AbortController();
  // An upload may be aborted, but not the wait for an answer, which says what was bought.
  const abortUpload = () => body.tailSent || upload.abort();
  signal.addEventListener('abort', abortUpload, { once: true });
  // It may have been canceled before there was anything to listen.
  if (signal.aborted) abortUpload();
  let batch: Batch;
  try {
    const options = { betas, signal: upload.signal, onSocket: drain.use };
    batch = await api.create({ size, stream: body.stream }, options);
  } catch (error) {
    body.close();
    deps.points?.reach('submit/failed');
    if (isDeleted) return await attempt.deleted();
    if (body.tailSent) return await attempt.answered(readFailure(error));
    return await attempt.unsent(readFailure(error), body.committed);
  } finally {
    signal.removeEventListener('abort', abortUpload);
  }
  deps.points?.reach('submit/answered');
  // Outside the try block: a store's error is never an answer of the API.
  const isDoubtful = await retryStoreWrite(() => isContradicted(deps.store, batch, intent, ref.times));
  return isDoubtful ? attempt.doubted(batch) : attempt.bought(batch, api);
}

/** The possible ends of one attempt. Each is written to the ledger before it is returned. */
class Attempt {
  readonly #deps: ActivityDeps;
  readonly #ref: RoundRef;
  readonly #ledger: RoundLedger;
  readonly #attempt: number;
  readonly #intent: AttemptIntent;

  constructor(
    deps: ActivityDeps,
    ref: RoundRef,
    ledger: RoundLedger,
    attempt: number,
    intent: AttemptIntent,
  ) {
    this.#deps = deps;
    this.#ref = ref;
    this.#ledger = ledger;
    this.#attempt = attempt;
    this.#intent = intent;
  }

  async bought(batch: Batch, api: BatchesApi): Promise<SubmitOutcome> {
    // Only this process has the answer. A search could identify the batch only once it has ended.
    const outcome = await retryStoreWrite(() => this.#note(batch));
    if (outcome.kind !== 'bought') await cancelOrphan(api, batch.id);
    return outcome;
  }

  /** Handles an answer with a batch that may be another's. It is found by its nonce if it is ours. */
  async doubted({ id }: Batch): Promise<SubmitOutcome> {
    await retryStoreWrite(() => this.#ledger.name(this.#attempt, id));
    return { kind: 'mustReconcile', reason: { code: 'contradictedAnswer', batch: id } };
  }

  async #note(batch: Batch): Promise<SubmitOutcome> {
    const deps = this.#deps;
    const ref = this.#ref;
    const attempt = this.#attempt;
    const intent = this.#intent;
    const createdAt = batch.createdAt?.toISOString() ?? intent.apiTime;
    const { value } = await this.#ledger.close(attempt, { outcome: 'created', batch: batch.id, createdAt });
    deps.points?.reach('submit/outcome-written');
    if (!isOrphan(value)) {
      await claimBatch(deps.store, ownClaim(ref, attempt, intent, batch.id));
      deps.points?.reach('submit/claimed');
      return { kind: 'bought', batch: batch.id, createdAt };
    }
    // The attempt was presumed lost while this process was frozen, and the round was resent. This batch is an
    // orphan.
    await noteOrphan(deps, ref, { attempt, intent }, batch);
    return MUST_RECONCILE;
  }

  /** Handles an error that came after the last bytes were sent. */
  async answered(failure: ApiFailure): Promise<SubmitOutcome> {
    if (!failure.refused) {
      const reason = await reasonOf(this.#deps, this.#ref, new ApiCallError(failure));
      return { kind: 'mustReconcile', reason };
    }
    await this.#ledger.close(this.#attempt, { outcome: 'not-created', reason: failure.message });
    return clear(this.#deps, this.#ref, failure);
  }

  /** Handles the deletion of the job during the upload. The last bytes were not sent, and never will be. */
  async deleted(): Promise<never> {
    await this.#ledger.forget(this.#attempt);
    throw deletedJob();
  }

  /** Handles a failure after which the last bytes were not sent, and never will be. */
  async unsent(failure: ApiFailure, committed: boolean): Promise<SubmitOutcome> {
    const { value } = await this.#ledger.decide(this.#attempt, 'overtaken');
    this.#deps.points?.reach('submit/failure-decided');
    if (committed || value.decision === 'commit') {
      await this.#ledger.close(this.#attempt, { outcome: 'not-created', reason: failure.message });
    }
    return clear(this.#deps, this.#ref, failure);
  }
}

/** Returns the API's clock, or why it is unavailable. The ledger has no entry yet. */
async function apiClock(api: BatchesApi): Promise<ApiTime | ApiFailure> {
  try {
    return await api.time();
  } catch (error) {
    return readFailure(error);
  }
}

/**
 * Returns the outcome of an attempt that bought nothing.
 *
 * @throws a non-retryable failure if the API refuses the request itself: resending it would change nothing
 */
async function clear(deps: ActivityDeps, ref: RoundRef, failure: ApiFailure): Promise<SubmitOutcome> {
  if (failure.type === FAILURE.refused) throw apiError(failure, { final: true });
  return again(deps, ref, failure);
}

async function again(deps: ActivityDeps, ref: RoundRef, failure: ApiFailure): Promise<SubmitOutcome> {
  const reason = await reasonOf(deps, ref, new ApiCallError(failure));
  return { kind: 'notSent', why: { code: 'failed', reason, delay: failure.retryAfter } };
}
