import {
  CancelledFailure,
  TerminatedFailure,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { ControlRequest } from '../job/control';
import { failureMessage, failureType } from '../job/failure';
import type { JobProgress, JobRef, JobSummary } from '../job/job';
import { DOCUMENT_SET } from '../job/names';
import { budgetOfJob } from '../records/budgets';
import { findSummary } from '../records/chunk-results';
import { readControl } from '../records/control';
import { storeId } from '../records/identity';
import { inFlightOf, inFlightText } from '../records/in-flight';
import { readSpec } from '../records/stored-spec';
import { Undecodable } from '../temporal/lenient-client';
import { memoOf, progressOf, undecodable } from '../temporal/memos';
import type { Context } from './context';
import { type BudgetState, budgetState, usdOption } from './costs/budget';
import {
  JobCanceledError,
  JobFailedError,
  JobNotFoundError,
  JobStateError,
  NoWorkerError,
  OptionError,
  quoted,
} from './errors';
import { findStoredJob } from './find-stored-job';
import type { FlatResult } from './read/flat-result';
import { type FlatOptions, flatResults } from './read/flat-results';
import { eitherSummary, followResult } from './read/follow';
import { type FollowOptions, followLines } from './read/follow-results';
import { type OnCompleteState, onCompleteState } from './read/on-complete-state';
import { type ParsedResult, readLines } from './read/parsed-results';
import { endedProgress, storedProgress } from './read/progress';
import { type RetryingStep, retryingSteps } from './read/retrying';
import { runningProgress, undecodedProgress } from './read/running-progress';
import type { StandardSchema } from './read/standard-schema';
import { resultLines } from './read/stored-results';
import { abortable } from './temporal/abortable';
import { cancelJob, requestOf } from './temporal/control';
import { isPassing, retryGrpc } from './temporal/grpc';
import { noWorker } from './temporal/queue';
import { type ResetWorkflow, resetStuck } from './temporal/reset';
import { StuckCheck } from './temporal/stuck-check';
import { CUT_SHORT, isCancelRequested } from './temporal/temporal-status';
import type { Result } from './types';
import { wholeFailure } from './whole-failure';

const DESCRIBE_TIMEOUT = 5_000;
const QUEUE_CHECK = 60_000;

/** Whether the error is the end of a job, and not of the waiting for it. */
const isEnd = (error: unknown): error is JobFailedError | JobCanceledError =>
  error instanceof JobFailedError || error instanceof JobCanceledError;

/** A handle to one job: running, ended, or no longer in Temporal and only in the store. */
export class JobHandle {
  readonly #context: Context;
  readonly #workflow: WorkflowHandle;
  readonly #stuck: StuckCheck;
  #job: JobRef | undefined;

  /** @internal Use `BatchClient.start` or `BatchClient.get`. */
  constructor(
    context: Context,
    /** The job id, which is the workflow id. */
    readonly id: string,
    workflow: WorkflowHandle,
    job?: JobRef,
  ) {
    this.#context = context;
    this.#workflow = workflow;
    this.#stuck = new StuckCheck(context.client, id, [id]);
    this.#job = job;
  }

  /**
   * Waits until the job has ended, and returns its summary. Keeps waiting across restarts of the Temporal
   * server. Warns if no worker polls the task queue, or if a workflow of the job is stuck. Aborting the
   * signal ends the waiting, not the job.
   *
   * @throws {JobFailedError} {@link JobCanceledError} {@link JobNotFoundError}
   */
  async result({ signal }: { signal?: AbortSignal } = {}): Promise<JobSummary> {
    const { client, warn } = this.#context;
    let warned = false;
    const check = setInterval(async () => {
      const missing = await this.#noWorker();
      if (missing && !warned) warn(missing);
      warned = missing !== undefined;
    }, QUEUE_CHECK);
    const stopWatch = this.#stuck.watch(warn);
    try {
      const wait = () => followResult(client, this.#workflow, () => this.ref());
      const reported = await retryGrpc(
        () => abortable(client.connection, wait, signal),
        signal,
        (error) =>
          warn(
            `The Temporal server does not answer (${failureMessage(error)}). ` +
              `Still waiting for the job ${quoted(this.id)}.`,
          ),
      );
      const job = reported instanceof Undecodable ? undefined : reported.job;
      return eitherSummary(this.id, reported, await this.#stored(job));
    } catch (error) {
      signal?.throwIfAborted();
      return await this.#ended(error);
    } finally {
      clearInterval(check);
      stopWatch();
    }
  }

  /**
   * Returns the job's progress: while it runs, as its workflow last reported, and from the store once it has
   * ended. If the Temporal server cannot be reached, warns and returns what the store holds.
   *
   * @throws {NoWorkerError} if the job is running and no worker polls its task queue.
   * @throws {JobNotFoundError}
   */
  async progress(): Promise<JobProgress> {
    let description: WorkflowExecutionDescription | undefined;
    try {
      description = await this.#describe();
    } catch (error) {
      const job = await this.#unreached(error);
      const summary = await findSummary(this.#context.store, job);
      return summary ? endedProgress(summary) : storedProgress(this.#context.store, job, 'running');
    }
    if (description?.status.name !== 'RUNNING') {
      const job = await this.ref();
      const summary = await findSummary(this.#context.store, job);
      if (summary) return endedProgress(summary);
      const state = description?.status.name === 'CANCELLED' ? 'canceled' : 'failed';
      const progress = await storedProgress(this.#context.store, job, state);
      return { ...progress, waiting: await this.#cutShort(job, description) };
    }
    // Without a worker, the job's last report may be old.
    const missing = await noWorker(this.#context, description.taskQueue);
    if (missing) throw new NoWorkerError(`The job ${quoted(this.id)} is running. ${missing}`);
    const stuck = await this.#stuck.lately();
    const reported = await this.#current(description);
    const current: JobProgress = isCancelRequested(description)
      ? { ...reported, state: 'canceling' }
      : reported;
    return stuck.length > 0 ? { ...current, stuck } : current;
  }

  /**
   * Returns the failing steps of the job and its chunks that are being retried, with their attempts and
   * reasons. Empty if the job has ended, or if the Temporal server cannot be reached.
   */
  async retrying(): Promise<RetryingStep[]> {
    try {
      const description = await this.#describe();
      if (description?.status.name !== 'RUNNING') return [];
      return await retryingSteps(this.#context, await this.ref(), description);
    } catch (error) {
      if (isPassing(error)) return [];
      throw error;
    }
  }

  /**
   * Returns what became of the job's `onComplete`, or `undefined` if it has none. Also `undefined` if the
   * Temporal server cannot be reached.
   *
   * @throws {JobNotFoundError}
   */
  async onComplete(): Promise<OnCompleteState | undefined> {
    const job = await this.ref();
    const { onComplete } = await readSpec(this.#context.store, job);
    if (!onComplete) return undefined;
    const hasEnded = (await this.summary()) !== undefined;
    try {
      return await onCompleteState(this.#context, job, onComplete, hasEnded);
    } catch (error) {
      if (isPassing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Returns the job's summary, or `undefined` until it has ended. Once the job is found, reads only the
   * store.
   */
  async summary(): Promise<JobSummary | undefined> {
    return findSummary(this.#context.store, await this.ref());
  }

  /**
   * Yields one result per document, in input order, streamed from the store. While the job runs, these are
   * the results of the chunks that have ended. With `follow`, waits for the others, and yields the results of
   * each chunk once it has ended.
   *
   * With a `schema`, parses each answer: the JSON of its text, or the input of its only tool call. A row
   * whose answer fits has `parsed_output`. A row whose answer does not has `parse_error`, and keeps its
   * message and its status: the answer is paid for.
   *
   * @throws {JobNotFoundError} With `follow`, {@link JobFailedError} for a job that ended without a summary,
   *   because its workflow was terminated. Any other failure of the job is not thrown.
   */
  results<T>(options: FollowOptions & { schema: StandardSchema<T> }): AsyncGenerator<ParsedResult<T>>;
  results(options?: FollowOptions): AsyncGenerator<Result<string>>;
  async *results({
    schema,
    ...options
  }: FollowOptions & { schema?: StandardSchema } = {}): AsyncGenerator<Result<string>> {
    yield* readLines(this.resultLines(options), schema);
  }

  /**
   * Yields the stored results as rows of a table, in input order: status, answer, tokens and cost. `select`
   * adds values of the answer's JSON, and `include` fields of the input document. While the job runs, these
   * are the results of the chunks that have ended.
   *
   * @throws {OptionError} for a column or path that is not allowed, and with `include` if the job has no
   *   input. {@link JobNotFoundError}
   */
  async *flatResults(options: FlatOptions = {}): AsyncGenerator<FlatResult> {
    yield* flatResults(this.#context.store, await this.ref(), options);
  }

  /**
   * Yields the results as the store's lines of JSON, without newlines. Each buffer is valid until the next
   * iteration.
   */
  async *resultLines(options: FollowOptions = {}): AsyncGenerator<Buffer> {
    const { store } = this.#context;
    if (!options.follow) return yield* resultLines(store, await this.ref(), options);
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
    const end = this.result({ signal }).then(
      () => undefined,
      (error) => {
        if (isEnd(error)) return error;
        throw error;
      },
    );
    try {
      yield* followLines(store, await this.ref(), options, end);
    } finally {
      stop.abort();
      await end.catch(() => {});
    }
    const failure = await end;
    if (failure && !failure.summary) throw failure;
  }

  /**
   * Stops sending further rounds. Batches in flight continue, and their results are downloaded. Returns once
   * the request is in the store: from then on no worker starts to send anything. Uploads and calls already in
   * flight continue.
   *
   * @throws {JobStateError} if the job has ended or is being canceled. {@link JobNotFoundError}
   */
  async pause(): Promise<void> {
    await this.#request({ kind: 'pause' });
  }

  /** Resumes a paused job, and makes held chunks search again. Throws the same errors as `pause`. */
  async resume(): Promise<void> {
    await this.#request({ kind: 'resume' });
  }

  /**
   * Cancels the job. Its batches in flight are canceled at the API, the results they finished are kept, and
   * the job ends as canceled. Returns as soon as the server has accepted the request. `result()` waits for
   * the end.
   *
   * @throws {JobStateError} if the job has ended. {@link JobNotFoundError}
   */
  async cancel(): Promise<void> {
    await cancelJob(this.#context, this.#workflow);
  }

  /**
   * Resets each stuck workflow of the job to before the workflow task whose commands a replay rejects.
   * Nothing is paid for twice. If an earlier reset did not help, the next one goes further back.
   *
   * @throws {JobStateError} if no workflow of the job is stuck. {@link JobNotFoundError}
   */
  async reset(): Promise<ResetWorkflow[]> {
    const reset = await resetStuck(this.#context, await this.ref());
    this.#stuck.forget();
    return reset;
  }

  /**
   * Returns the state of the job's own budget, or `undefined` if it has none. Once the job is found, reads
   * only the store.
   *
   * @throws {JobNotFoundError}
   */
  async budget(): Promise<BudgetState | undefined> {
    const { store } = this.#context;
    const job = await this.ref();
    const { settings } = await readSpec(store, job);
    const budget = await budgetOfJob(store, job, settings.maxUsd);
    return budget && budgetState(store, budget);
  }

  /**
   * Raises the job's budget, so that chunks waiting for it continue. Returns once the store has the new
   * budget.
   *
   * @param maxUsd USD, more than the present budget
   * @throws {OptionError} if `maxUsd` is not an amount. {@link JobStateError} if the job has ended or has no
   *   budget of its own, or if its budget is not below `maxUsd`. {@link JobNotFoundError}
   */
  async raiseBudget(maxUsd: string | number): Promise<void> {
    await this.#request({ kind: 'raise budget', maxUsd: usdOption('maxUsd', maxUsd) });
  }

  /** Returns the reference that names the job's folder in the store. @throws {JobNotFoundError} */
  async ref(): Promise<JobRef> {
    this.#job ??= await this.#find();
    return this.#job;
  }

  async #request(request: ControlRequest): Promise<void> {
    await requestOf(this.#context, this.#workflow, await this.ref(), request);
  }

  async #find(): Promise<JobRef> {
    let description: WorkflowExecutionDescription | undefined;
    try {
      description = await this.#describe();
    } catch (error) {
      return this.#unreached(error);
    }
    if (description) {
      // Only a schedule's firing itself knows its folder until it has written its memo.
      const job = memoOf(description) ?? progressOf(description)?.job;
      if (job) return await this.#assertOwn(job);
    }
    const stored = await findStoredJob(this.#context.store, this.id);
    if (stored) return stored;
    if (description?.status.name === 'RUNNING') {
      const reason = undecodable(description);
      if (reason !== undefined) {
        throw new JobStateError(
          this.id,
          `The job ${quoted(this.id)} is running, but its memo cannot be decoded (${reason}) and the store ` +
            `${this.#context.store.location} does not have it. Give the data converter of its worker, or the ` +
            'store that it was started with.',
        );
      }
      const what = `The job ${quoted(this.id)} has not started: it has nothing in the store yet.`;
      const missing = await noWorker(this.#context, description.taskQueue);
      if (missing) throw new NoWorkerError(`${what} ${missing}`);
      throw new JobStateError(this.id, what);
    }
    throw new JobNotFoundError(this.id, this.#context.store.location);
  }

  /** Returns what is left to do for a job that ended without a summary. */
  async #cutShort(
    job: JobRef,
    description: WorkflowExecutionDescription | undefined,
  ): Promise<string | undefined> {
    const inFlight = await inFlightOf(this.#context.store, job);
    if (inFlight.length === 0 && description && !CUT_SHORT.has(description.status.name)) return undefined;
    const left = inFlight.length > 0 ? ` and left ${inFlightText(inFlight)} in flight` : '';
    return `Its workflow was cut short${left}. ${toReconcile(job.id)}`;
  }

  /** @throws {OptionError} if the job's files are in another store, which would show a job without any. */
  async #assertOwn(job: JobRef): Promise<JobRef> {
    const { store } = this.#context;
    if (job.store === (await storeId(store))) return job;
    throw new OptionError(
      `The job ${quoted(this.id)} belongs to another store than ${store.location}. Give the store that it ` +
        'was started with (`store`).',
    );
  }

  /**
   * Finds the job in the store if the server does not answer: the newest job with the id.
   *
   * @throws the given error if it has another cause, or if the store does not have the job either.
   */
  async #unreached(error: unknown): Promise<JobRef> {
    const { store, warn } = this.#context;
    const job = isPassing(error) ? (this.#job ?? (await findStoredJob(store, this.id))) : undefined;
    if (!job) throw error;
    warn(
      `The Temporal server does not answer (${failureMessage(error)}). ` +
        `Reading the job ${quoted(this.id)} from the store ${store.location} only.`,
    );
    this.#job = job;
    return job;
  }

  /** Returns the message of `noWorker` for the job's own task queue. */
  async #noWorker(): Promise<string | undefined> {
    const description = await this.#describe().catch(() => undefined);
    return description && noWorker(this.#context, description.taskQueue);
  }

  /** Returns the progress that a running job and its parts last reported. */
  async #current(description: WorkflowExecutionDescription): Promise<JobProgress> {
    const { client, store } = this.#context;
    const reported = progressOf(description);
    if (undecodable(description) !== undefined)
      return undecodedProgress(this.#context, description, await this.ref());
    // The first workflow task has not run yet.
    if (!reported) return storedProgress(store, await this.ref(), 'planning');
    const { settings } = await readSpec(store, reported.job);
    return runningProgress(client, description, reported, settings, await readControl(store, reported.job));
  }

  /** Describes the workflow, or returns `undefined` if Temporal has no job with this id. */
  async #describe(): Promise<WorkflowExecutionDescription | undefined> {
    try {
      const description = await this.#context.client.connection.withDeadline(
        Date.now() + DESCRIBE_TIMEOUT,
        () => this.#workflow.describe(),
      );
      return description.type === DOCUMENT_SET ? description : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Returns the summary of a job whose workflow did not return one, or throws the error for its end. */
  async #ended(error: unknown): Promise<JobSummary> {
    if (error instanceof WorkflowNotFoundError) {
      const summary = await this.summary();
      if (summary?.state === 'completed') return summary;
      if (summary?.state === 'canceled') throw new JobCanceledError(this.id, summary, { cause: error });
      throw new JobFailedError(
        this.id,
        summary?.failure ??
          summary?.failures[0]?.message ??
          `Temporal no longer has it, and it left no summary in the store. ${toReconcile(this.id)}`,
        summary,
        { cause: error, type: summary?.failureType },
      );
    }
    if (!(error instanceof WorkflowFailedError)) throw error;
    const summary = await this.#stored();
    if (error.cause instanceof CancelledFailure)
      throw new JobCanceledError(this.id, summary, { cause: error });
    const reason =
      error.cause instanceof TerminatedFailure
        ? `its workflow was terminated (${error.cause.message}). ` +
          `${summary ? 'It has been reconciled since.' : toReconcile(this.id)}`
        : (summary?.failure ?? (await wholeFailure(this.#context.store, error)));
    throw new JobFailedError(this.id, reason, summary, { cause: error, type: failureType(error) });
  }

  /** Returns the summary in the store, or `undefined` if it cannot be read. */
  async #stored(job?: JobRef): Promise<JobSummary | undefined> {
    try {
      return await findSummary(this.#context.store, job ?? (await this.ref()));
    } catch {
      return undefined;
    }
  }
}

const toReconcile = (id: string) =>
  `Reconcile it ("anthropic-batch reconcile --job ${id}") to collect the results that are paid for.`;
