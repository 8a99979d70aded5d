import { setTimeout as sleep } from 'node:timers/promises';
import { type SelectedRequest, selected } from '../../src/anthropic/create-body';
import { readFailure } from '../../src/anthropic/errors';
import type { RoundRef, SendLiveInput } from '../../src/job/activity-types';
import { FAILURE } from '../../src/job/failure';
import { ANSWER_LOST } from '../../src/job/outcome';
import { customId } from '../../src/job/protocol/custom-id';
import type { AttemptIntent } from '../../src/job/protocol/submission';
import { Downloads } from '../../src/records/downloads';
import { keys } from '../../src/records/keys';
import { createOnce, findJson, readText } from '../../src/store/json';
import { KeyExistsError, KeyNotFoundError } from '../../src/store/store';
import type { Limit } from '../runtime/concurrency-limit';
import { jobSpec } from '../runtime/context';
import type { ActivityDeps } from '../runtime/deps';
import { openRequests, readSelection, readSent } from '../runtime/requests';
import { retryStoreWrite } from '../runtime/retry-store-write';
import { forEachConcurrent } from './for-each-concurrent';
import { Pace } from './pace';
import { PauseWatch } from './pause-watch';

/**
 * Calls that a worker has in flight: a hundred requests of some ten seconds are answered in two minutes, and the lowest limits, of some
 * fifty calls a minute, are hardly met.
 */
export const CALLS_AT_ONCE = 8;

/** Who decided first whether a request of the round is sent. */
interface Call {
  decision: 'sent' | 'canceled';
}

/** The `result` of a row for a request that nobody sent, nor will. */
const CANCELED = '{"type":"canceled"}';

/**
 * The requests of one round that are sent live. A call has no key by which the API would know it again, so it is noted before it begins,
 * by an exclusive create: whoever finds it noted never makes it. One whose answer does not come ends the request's round as lost.
 */
export class LiveRound {
  readonly #pace = new Pace();
  /** Requests that another process began to send, and whose answer is not here. */
  readonly #elsewhere = new Set<number>();

  readonly #deps: ActivityDeps;
  readonly #calls: Limit;
  readonly #ref: RoundRef & Pick<SendLiveInput, 'times'>;
  readonly #intent: AttemptIntent;

  constructor(
    deps: ActivityDeps,
    calls: Limit,
    ref: RoundRef & Pick<SendLiveInput, 'times'>,
    intent: AttemptIntent,
  ) {
    this.#deps = deps;
    this.#calls = calls;
    this.#ref = ref;
    this.#intent = intent;
  }

  /** Sends the requests that no process has begun to send. @throws {JobPaused} once the calls in flight have ended. */
  async send(signal: AbortSignal): Promise<void> {
    const { betas } = await jobSpec(this.#deps.store, this.#ref.job);
    const watch = new PauseWatch(this.#deps.store, this.#ref.job);
    await forEachConcurrent(CALLS_AT_ONCE, this.#unanswered(), async ({ ordinal, params }, failed) => {
      const stop = AbortSignal.any([signal, failed]);
      do await watch.assertRunning();
      while (!(await this.#send(ordinal, params, betas, stop)));
    });
    await this.#end(signal);
  }

  /** Sends nothing more, and cancels what nobody has begun to send. */
  async close(signal: AbortSignal): Promise<void> {
    await forEachConcurrent(CALLS_AT_ONCE, this.#unanswered(), async ({ ordinal }) => {
      signal.throwIfAborted();
      await this.#decide(ordinal, 'canceled');
    });
    await this.#end(signal);
  }

  /** @returns `false` where nothing was bought and it is to be sent again. */
  async #send(ordinal: number, params: Buffer, betas: string[], signal: AbortSignal): Promise<boolean> {
    await this.#pace.ready(signal);
    return this.#calls(async () => {
      if (!(await this.#decide(ordinal, 'sent'))) return true;
      this.#deps.points?.reach('live/call-noted');
      // Not ended by the signal: an answer that is on its way is paid for.
      const result = await this.#call(ordinal, params, betas);
      if (result === undefined) return false;
      this.#deps.points?.reach('live/answered');
      await retryStoreWrite(() => this.#keep(ordinal, result));
      this.#deps.points?.reach('live/answer-kept');
      return true;
    }, signal);
  }

  /**
   * @returns `undefined` where nothing was bought and the API takes no more for now.
   * @throws {ApiCallError} where nothing was bought and something must be mended first.
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

  /** @returns whether this call decided: another may have been first. */
  async #decide(ordinal: number, decision: Call['decision']): Promise<boolean> {
    const { job, chunk, round } = this.#ref;
    const key = keys.call(job, chunk, round, ordinal);
    const { created, value } = await createOnce<Call>(this.#deps.store, key, { decision });
    if (!created && value.decision === 'sent') this.#elsewhere.add(ordinal);
    return created;
  }

  async #keep(ordinal: number, result: string): Promise<void> {
    const { job, chunk, round } = this.#ref;
    await putFirst(() =>
      this.#deps.store.put(keys.answer(job, chunk, round, ordinal), result, { ifAbsent: true }),
    );
  }

  /** The requests of the round without an answer, each as bytes of its own. */
  async *#unanswered(): AsyncGenerator<Pick<SelectedRequest, 'ordinal' | 'params'>> {
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

  /** Makes the round's results, once every request has been decided. */
  async #end(signal: AbortSignal): Promise<void> {
    await this.#awaitOthers(signal);
    const { store } = this.#deps;
    const { job, chunk, round } = this.#ref;
    const sent = await readSent(store, this.#ref);
    await putFirst(() => new Downloads(store, { job, chunk, round }).keep(0, this.#rows(sent, signal)));
    this.#deps.points?.reach('live/results-written');
  }

  /** A process that was given up for dead may live: its calls in flight are waited for, because what they bring need not be paid again. */
  async #awaitOthers(signal: AbortSignal): Promise<void> {
    const { store } = this.#deps;
    const { job, chunk, round, times } = this.#ref;
    const patience = times.existence / 10;
    const until = performance.now() + patience;
    for (;;) {
      for (const ordinal of this.#elsewhere) {
        if (await store.head(keys.answer(job, chunk, round, ordinal))) this.#elsewhere.delete(ordinal);
      }
      if (this.#elsewhere.size === 0 || performance.now() >= until) return;
      await sleep(patience / 20, undefined, { signal });
    }
  }

  /** A row for each request, as the results of a batch have them. */
  async *#rows(sent: readonly number[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const ordinal of sent) {
      signal.throwIfAborted();
      const id = customId(this.#intent.nonce, ordinal);
      yield Buffer.from(`{"custom_id":"${id}","result":${await this.#result(ordinal)}}\n`);
    }
  }

  async #result(ordinal: number): Promise<string> {
    const { store } = this.#deps;
    const { job, chunk, round } = this.#ref;
    try {
      return await readText(store, keys.answer(job, chunk, round, ordinal));
    } catch (error) {
      if (!(error instanceof KeyNotFoundError)) throw error;
    }
    const call = await findJson<Call>(store, keys.call(job, chunk, round, ordinal));
    return call?.decision === 'canceled'
      ? CANCELED
      : lost('the worker that sent it ended before the answer came');
  }
}

/** What stands was first, and stays. */
async function putFirst(put: () => Promise<void>): Promise<void> {
  try {
    await put();
  } catch (error) {
    if (!(error instanceof KeyExistsError)) throw error;
  }
}

function lost(why: string): string {
  const message = `The request was sent by itself, and its answer was lost; it may have been paid for: ${why}`;
  const error = { type: 'error', error: { type: ANSWER_LOST, message }, request_id: null };
  return JSON.stringify({ type: 'errored', error });
}
