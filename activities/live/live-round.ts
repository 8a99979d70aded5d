import { readFailure } from '../../src/anthropic/api-failure';
import { type SelectedRequest, selected } from '../../src/anthropic/create-body';
import { poll } from '../../src/async/retry';
import type { RoundRef, SendLiveInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { forEachConcurrent } from '../../src/job/for-each-concurrent';
import { ANSWER_LOST } from '../../src/job/outcome';
import { customId } from '../../src/job/protocol/custom-id';
import type { AttemptIntent } from '../../src/job/protocol/submission';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { RoundLedger } from '../../src/records/ledger';
import { createOnce, findJson, findText } from '../../src/store/json';
import { ifAbsent, putIfAbsent } from '../../src/store/optional';
import type { Limit } from '../runtime/concurrency-limit';
import { abortable, jobSpec } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { openRequests, readSelection, readSent } from '../runtime/requests';
import { retryStoreWrite } from '../runtime/retry-store-write';
import { deletedJob } from '../submission/send-preconditions';
import { Pace } from './pace';
import { PauseWatch } from './pause-watch';

/**
 * Calls that a worker has in flight. They answer a hundred requests of some ten seconds in two minutes, and
 * hardly reach the lowest limits of some fifty calls a minute.
 */
export const CALLS_AT_ONCE = 8;

/** The first decision on whether a request of the round is sent. */
interface Call {
  decision: 'sent' | 'canceled';
}

type Request = Pick<SelectedRequest, 'ordinal' | 'params'>;

/** A live attempt of a round, as the ledger has it. */
export interface BegunLive {
  attempt: number;
  intent: AttemptIntent;
}

/** The `result` of a row for a request that was not sent, and never will be. */
const CANCELED = '{"type":"canceled"}';

/**
 * The requests of one round that are sent live. The API cannot recognize a repeated call, so each call is
 * recorded before it begins, by an exclusive create. A process that finds it recorded never makes it. If the
 * answer to a call does not come, the request ends this round as lost.
 */
export class LiveRound {
  readonly #pace = new Pace();
  /** Requests that another process began to send and whose answer is missing. */
  readonly #elsewhere = new Set<number>();

  readonly #deps: ActivityDeps;
  readonly #calls: Limit;
  readonly #ref: RoundRef & Pick<SendLiveInput, 'times'>;
  readonly #begun: BegunLive;

  constructor(
    deps: ActivityDeps,
    calls: Limit,
    ref: RoundRef & Pick<SendLiveInput, 'times'>,
    begun: BegunLive,
  ) {
    this.#deps = deps;
    this.#calls = calls;
    this.#ref = ref;
    this.#begun = begun;
  }

  /**
   * Sends the requests that no process has begun to send. @throws {JobPaused} once the calls in flight have
   * ended
   */
  async send(signal: AbortSignal): Promise<void> {
    const { betas } = await jobSpec(this.#deps.store, this.#ref.job);
    const watch = new PauseWatch(this.#deps.store, this.#ref.job);
    // After the first failure, no more calls begin.
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const send = async ({ ordinal, params }: Request) => {
      do await watch.assertRunning();
      while (!(await this.#send(ordinal, params, betas, stop)));
    };
    await forEachConcurrent(CALLS_AT_ONCE, abortable(this.#unanswered(), stop), (request) =>
      send(request).catch((error) => {
        failed.abort(error);
        throw error;
      }),
    ).catch((error) => {
      // What stopped because of the first failure has failed too.
      failed.signal.throwIfAborted();
      throw error;
    });
    await this.#end(signal);
  }

  /** Sends no more, and cancels the requests that no process has begun to send. */
  async close(signal: AbortSignal): Promise<void> {
    await forEachConcurrent(CALLS_AT_ONCE, abortable(this.#unanswered(), signal), async ({ ordinal }) => {
      await this.#decide(ordinal, 'canceled');
    });
    await this.#end(signal);
  }

  /** @returns `false` if nothing was bought and the request must be resent */
  async #send(ordinal: number, params: Buffer, betas: string[], signal: AbortSignal): Promise<boolean> {
    await this.#pace.ready(signal);
    return this.#calls(async () => {
      if (!(await this.#decide(ordinal, 'sent'))) return true;
      await this.#assertNotDeleted(ordinal);
      this.#deps.points?.reach('live/call-noted');
      // The signal does not end the call: a pending answer is paid for.
      const result = await this.#call(ordinal, params, betas);
      if (result === undefined) return false;
      this.#deps.points?.reach('live/answered');
      await retryStoreWrite(() => this.#keep(ordinal, result));
      this.#deps.points?.reach('live/answer-kept');
      return true;
    }, signal);
  }

  /**
   * @returns `undefined` if nothing was bought and the API accepts no more for now
   * @throws {ApiCallError} if nothing was bought and a problem must be fixed first
   */
  async #call(ordinal: number, params: Buffer, betas: string[]): Promise<string | undefined> {
    try {
      const result = await this.#deps.anthropic().message(params, { betas });
      this.#pace.passed();
      return result;
    } catch (error) {
      const failure = readFailure(error);
      if (!failure.refused && !failure.unsent) return lost(failure.message);
      const { job, chunk, round } = this.#ref;
      await retryStoreWrite(() => this.#deps.store.delete(keys.call(job, chunk, round, ordinal)));
      if (failure.type !== FAILURE.limited) throw error;
      this.#pace.refused(failure);
      return undefined;
    }
  }

  /** @returns whether this call decided; another one may have been first */
  async #decide(ordinal: number, decision: Call['decision']): Promise<boolean> {
    const { job, chunk, round } = this.#ref;
    const key = keys.call(job, chunk, round, ordinal);
    const { created, value } = await createOnce<Call>(this.#deps.store, key, { decision });
    if (!created && value.decision === 'sent') this.#elsewhere.add(ordinal);
    return created;
  }

  /** A deletion removes intents before `canceled` decisions, which may have let this call decide. */
  async #assertNotDeleted(ordinal: number): Promise<void> {
    const { attempt, intent } = this.#begun;
    if (await new RoundLedger(this.#deps.store, this.#ref).stands(attempt, intent)) return;
    const { job, chunk, round } = this.#ref;
    await this.#deps.store.delete(keys.call(job, chunk, round, ordinal));
    throw deletedJob();
  }

  async #keep(ordinal: number, result: string): Promise<void> {
    const { job, chunk, round } = this.#ref;
    await putIfAbsent(this.#deps.store, keys.answer(job, chunk, round, ordinal), result);
  }

  /** Yields the requests of the round without an answer, each in its own buffer. */
  async *#unanswered(): AsyncGenerator<Request> {
    const { store } = this.#deps;
    const { job, chunk, round } = this.#ref;
    const answered = new Set<string>();
    for await (const { key } of store.list(keys.answers(job, chunk, round))) answered.add(key);
    const selection = await readSelection(store, this.#ref);
    for await (const rows of selected(await openRequests(store, this.#ref, selection))) {
      for (const { ordinal, params } of rows) {
        if (answered.has(keys.answer(job, chunk, round, ordinal))) continue;
        yield { ordinal, params: Buffer.from(params) };
      }
    }
  }

  /** Writes the round's results, once every request has been decided. */
  async #end(signal: AbortSignal): Promise<void> {
    await this.#awaitOthers(signal);
    const { store } = this.#deps;
    const { job, chunk, round } = this.#ref;
    const sent = await readSent(store, this.#ref);
    // Another process may have written them first: they are the same.
    await ifAbsent(new Downloads(store, { job, chunk, round }).keep(0, this.#rows(sent, signal)));
    this.#deps.points?.reach('live/results-written');
  }

  /**
   * Waits for calls of other processes: one that was presumed dead may be alive. Answers that it still brings
   * need not be paid for again.
   */
  async #awaitOthers(signal: AbortSignal): Promise<void> {
    const { store } = this.#deps;
    const { job, chunk, round, times } = this.#ref;
    const longest = times.existence / 10;
    const answered = async () => {
      for (const ordinal of this.#elsewhere) {
        if (await store.head(keys.answer(job, chunk, round, ordinal))) this.#elsewhere.delete(ordinal);
      }
      return this.#elsewhere.size === 0 || undefined;
    };
    await poll(answered, { every: longest / 20, atMost: longest, signal });
  }

  /** Yields a row for each request, as in the results of a batch. */
  async *#rows(sent: readonly number[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const ordinal of sent) {
      signal.throwIfAborted();
      const id = customId(this.#begun.intent.nonce, ordinal);
      yield Buffer.from(`{"custom_id":"${id}","result":${await this.#result(ordinal)}}\n`);
    }
  }

  async #result(ordinal: number): Promise<string> {
    const { store } = this.#deps;
    const { job, chunk, round } = this.#ref;
    const answer = await findText(store, keys.answer(job, chunk, round, ordinal));
    if (answer !== undefined) return answer;
    const call = await findJson<Call>(store, keys.call(job, chunk, round, ordinal));
    return call?.decision === 'canceled'
      ? CANCELED
      : lost('the worker that sent it ended before the answer came');
  }
}

function lost(why: string): string {
  const message = `The request was sent live and its answer was lost. It may have been paid for: ${why}`;
  const error = { type: 'error', error: { type: ANSWER_LOST, message }, request_id: null };
  return JSON.stringify({ type: 'errored', error });
}
