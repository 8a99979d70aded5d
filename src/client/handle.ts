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
import { readControl } from '../records/control';
import { wholeMessage } from '../records/problems';
import { readSpec } from '../records/stored-spec';
import { memoOf } from '../temporal/at-temporal';
import type { Context } from './context';
import { type BudgetState, budgetState, usdOption } from './costs/budget';
import {
  JobCanceledError,
  JobFailedError,
  JobNotFoundError,
  JobStateError,
  NoWorkerError,
  quoted,
} from './errors';
import { followResult } from './read/follow';
import { endedProgress, storedProgress } from './read/progress';
import { type RetryingStep, retryingSteps } from './read/retrying';
import { runningProgress } from './read/running-progress';
import { type ResultsOptions, resultLines } from './read/stored-results';
import { toldProgress } from './start/start';
import { findStoredJob, storedSummary } from './stored-jobs';
import { abortable } from './temporal/abortable';
import { cancelJob, requestOf } from './temporal/control';
import { isPassing, retryGrpc } from './temporal/grpc';
import { noWorker } from './temporal/queue';
import { type ResetWorkflow, resetStuck } from './temporal/reset';
import { StuckLook } from './temporal/stuck-look';
import { isCancelRequested } from './temporal/temporal-status';
import type { Result } from './types';

const DESCRIBE_PATIENCE = 5_000;
const QUEUE_CHECK = 60_000;

/** A job by its id, whether it runs, has ended, or Temporal has forgotten it and only the store knows it. */
export class JobHandle {
  readonly #context: Context;
  readonly #workflow: WorkflowHandle;
  readonly #stuck: StuckLook;
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
    this.#stuck = new StuckLook(context.client, id, [id]);
    this.#job = job;
  }

  /**
   * Waits until the job has ended. Waiting goes on over restarts of the Temporal server, and says by a warning when no
   * worker polls the task queue, or a workflow of the job is stuck. Aborting the signal ends the waiting and not the job.
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
    const stopLooking = this.#stuck.watch(warn);
    try {
      const wait = () => followResult(client, this.#workflow, () => this.ref());
      const told = await retryGrpc(
        () => abortable(client.connection, wait, signal),
        signal,
        (error) =>
          warn(
            `The Temporal server does not answer (${failureMessage(error)}): waiting for ${quoted(this.id)} goes on.`,
          ),
      );
      // The same, with the whole messages of chunks that could not go on.
      return (await this.#stored(told.job)) ?? told;
    } catch (error) {
      signal?.throwIfAborted();
      return await this.#ended(error);
    } finally {
      clearInterval(check);
      stopLooking();
    }
  }

  /**
   * How far the job is: as its workflow last told while it runs, from the store once it has ended, and by what the store holds, with
   * a warning, where the Temporal server cannot be reached.
   *
   * @throws {NoWorkerError} when the job runs and no worker answers for it.
   * @throws {JobNotFoundError}
   */
  async progress(): Promise<JobProgress> {
    let description: WorkflowExecutionDescription | undefined;
    try {
      description = await this.#describe();
    } catch (error) {
      const job = await this.#unreached(error);
      const summary = await storedSummary(this.#context.store, job);
      return summary ? endedProgress(summary) : storedProgress(this.#context.store, job, 'running');
    }
    if (description?.status.name !== 'RUNNING') {
      const job = await this.ref();
      const summary = await storedSummary(this.#context.store, job);
      if (summary) return endedProgress(summary);
      const state = description?.status.name === 'CANCELLED' ? 'canceled' : 'failed';
      return storedProgress(this.#context.store, job, state);
    }
    // Without a worker, what the job reported last may be long past.
    const missing = await noWorker(this.#context, description.taskQueue);
    if (missing) throw new NoWorkerError(`The job ${quoted(this.id)} is running. ${missing}`);
    const stuck = await this.#stuck.lately();
    const told = await this.#current(description);
    const current: JobProgress = isCancelRequested(description) ? { ...told, state: 'canceling' } : told;
    return stuck.length > 0 ? { ...current, stuck } : current;
  }

  /**
   * The steps of the job and of its chunks that fail and are being tried again, with how often and why; none of a job that has ended, or
   * while the Temporal server cannot be reached.
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

  /** How the job ended; `undefined` until it has. Asks the store alone, once the job is found. */
  async summary(): Promise<JobSummary | undefined> {
    return storedSummary(this.#context.store, await this.ref());
  }

  /**
   * One result a document, in input order, streamed from the store. While the job runs these are the results of the chunks
   * that have ended.
   *
   * @throws {JobNotFoundError}
   */
  async *results(options?: ResultsOptions): AsyncGenerator<Result<string>> {
    for await (const line of this.resultLines(options)) {
      yield JSON.parse(line.toString('utf8')) as Result<string>;
    }
  }

  /** The same as the lines of JSON that the store holds, without newlines; each is valid until the next is asked for. */
  async *resultLines(options?: ResultsOptions): AsyncGenerator<Buffer> {
    yield* resultLines(this.#context.store, await this.ref(), options);
  }

  /**
   * Stops the sending of further rounds; batches in flight go on and their results are taken. Returns once the request is in
   * the store: no worker sends anything after that, but for the uploads and calls that are under way.
   *
   * @throws {JobStateError} when the job has ended or is being canceled. {@link JobNotFoundError}
   */
  async pause(): Promise<void> {
    await this.#request({ kind: 'pause' });
  }

  /** Lets a paused job go on, and chunks that are held look again. @throws as `pause` does. */
  async resume(): Promise<void> {
    await this.#request({ kind: 'resume' });
  }

  /**
   * Asks the job to end: batches in flight are canceled at the API, what they finished is kept, and the job closes as
   * canceled. Returns as soon as the server has taken the request; `result()` waits for the end.
   *
   * @throws {JobStateError} when the job has ended. {@link JobNotFoundError}
   */
  async cancel(): Promise<void> {
    await cancelJob(this.#context, this.#workflow);
  }

  /**
   * Resets each workflow of the job that is stuck to before the workflow task whose commands a replay refuses. Nothing is bought twice by it. Where an
   * earlier reset did not help, the next one goes further back.
   *
   * @throws {JobStateError} when no workflow of the job is stuck. {@link JobNotFoundError}
   */
  async reset(): Promise<ResetWorkflow[]> {
    const reset = await resetStuck(this.#context, await this.ref());
    this.#stuck.forget();
    return reset;
  }

  /**
   * How the job stands with its budget; `undefined` where it has none of its own. Asks the store alone, once the job is found.
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
   * Raises the job's budget; chunks that wait for room in it go on. Answers once the store has the new cap.
   *
   * @param maxUsd USD, more than the budget has now
   * @throws {OptionError} for what is no amount. {@link JobStateError} when the job has ended, has no budget of its own, or a larger one.
   *   {@link JobNotFoundError}
   */
  async raiseBudget(maxUsd: string | number): Promise<void> {
    await this.#request({ kind: 'raise budget', maxUsd: usdOption('maxUsd', maxUsd) });
  }

  /** What names the job's folder in the store. @throws {JobNotFoundError} */
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
      // A schedule's firing alone knows its folder, until it has written its memo.
      const job = memoOf(description) ?? toldProgress(description)?.job;
      if (job) return job;
    }
    const stored = await findStoredJob(this.#context.store, this.id);
    if (stored) return stored;
    if (description?.status.name === 'RUNNING') {
      const what = `The job ${quoted(this.id)} has not begun: it has nothing in the store yet.`;
      const missing = await noWorker(this.#context, description.taskQueue);
      if (missing) throw new NoWorkerError(`${what} ${missing}`);
      throw new JobStateError(this.id, what);
    }
    throw new JobNotFoundError(this.id, this.#context.store.location);
  }

  /**
   * The job as the store knows it, when the server does not answer; by the job id, the newest.
   *
   * @throws the error itself, when it is of another kind or the store does not know the job either.
   */
  async #unreached(error: unknown): Promise<JobRef> {
    const { store, warn } = this.#context;
    const job = isPassing(error) ? (this.#job ?? (await findStoredJob(store, this.id))) : undefined;
    if (!job) throw error;
    warn(
      `The Temporal server does not answer (${failureMessage(error)}): this is what the store ${store.location} holds of ${quoted(this.id)}.`,
    );
    this.#job = job;
    return job;
  }

  /** As `noWorker` says it of the job's own task queue. */
  async #noWorker(): Promise<string | undefined> {
    const description = await this.#describe().catch(() => undefined);
    return description && noWorker(this.#context, description.taskQueue);
  }

  /** What a running job, and its parts, last told. */
  async #current(description: WorkflowExecutionDescription): Promise<JobProgress> {
    const { client, store } = this.#context;
    const told = toldProgress(description);
    // Its first workflow task has yet to run.
    if (!told) return storedProgress(store, await this.ref(), 'planning');
    const { settings } = await readSpec(store, told.job);
    return runningProgress(client, description, told, settings, await readControl(store, told.job));
  }

  /** The workflow, as far as Temporal knows one of this id that is a job. */
  async #describe(): Promise<WorkflowExecutionDescription | undefined> {
    try {
      const description = await this.#context.client.connection.withDeadline(
        Date.now() + DESCRIBE_PATIENCE,
        () => this.#workflow.describe(),
      );
      return description.type === DOCUMENT_SET ? description : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** The result of a job whose workflow did not give one. */
  async #ended(error: unknown): Promise<JobSummary> {
    if (error instanceof WorkflowNotFoundError) {
      const summary = await this.summary();
      if (summary?.state === 'completed') return summary;
      if (summary?.state === 'canceled') throw new JobCanceledError(this.id, summary, { cause: error });
      throw new JobFailedError(
        this.id,
        summary?.failure ??
          summary?.failures[0]?.message ??
          'Temporal does not know it any more, and it left no summary in the store. Reconcile it to bring home what it had bought.',
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
        ? `its workflow was terminated (${error.cause.message}). ${summary ? 'It was reconciled since.' : 'Reconcile it to bring home what it had bought.'}`
        : await this.#whole(failureMessage(error.cause ?? error));
    throw new JobFailedError(this.id, reason, summary, { cause: error, type: failureType(error) });
  }

  /** The summary in the store, where it can be had. */
  async #stored(job?: JobRef): Promise<JobSummary | undefined> {
    try {
      return await storedSummary(this.#context.store, job ?? (await this.ref()));
    } catch {
      return undefined;
    }
  }

  /** The whole message of the job's failure, of which Temporal was told the public one. */
  async #whole(publicMessage: string): Promise<string> {
    try {
      return await wholeMessage(this.#context.store, { job: await this.ref() }, publicMessage);
    } catch {
      return publicMessage;
    }
  }
}
