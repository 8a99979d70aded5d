// client/: the API for application code. `BatchClient` is here. Each folder holds one group of its methods:
// start, read, costs, schedules, delete, temporal. It never loads the worker, and loads the Anthropic SDK
// only when needed. Start here.

import type { Client } from '@temporalio/client';
import type { Estimate } from '../cost/estimate/estimate';
import { DOCUMENT_SET } from '../job/names';
import { findSummary } from '../records/chunk-results';
import { keys } from '../records/keys';
import { openStore } from '../store/location';
import { lenientClient, warnOfUndecodable } from '../temporal/lenient-client';
import type { Context } from './context';
import { type BudgetState, type StoreBudgetOptions, setBudget, storeBudgetState } from './costs/budget';
import { type Costs, type CostsOptions, costs } from './costs/costs';
import { type EstimateOptions, estimateJob } from './costs/estimate';
import { type Deleted, type DeleteOptions, deleteJob } from './delete/delete';
import { type Pruned, type PruneOptions, prune } from './delete/prune';
import { JobExistsError } from './errors';
import { type BatchOwner, findBatch } from './find-batch';
import { findStoredJob } from './find-stored-job';
import { JobHandle } from './handle';
import { newJobId } from './instance';
import { type ListOptions, listJobs } from './read/list';
import { Schedules } from './schedules/schedules';
import { type AdoptOptions, adoptBatch } from './start/adopt';
import { checkStart } from './start/check';
import { type ExecuteOptions, execute, type Requests, type ResultsOf } from './start/execute';
import { copyInput } from './start/input';
import { type RetryOptions, retryJob } from './start/retry';
import { reviewTemplate } from './start/review-template';
import { startJob } from './start/start';
import { type ReconcileOptions, type Reconciliation, reconcile } from './temporal/reconcile';
import type { BatchClientOptions, JobListing, StartOptions, StartOrGetOptions } from './types';

/**
 * Starts document sets as jobs on a Temporal server and reads their progress and results.
 *
 * @example
 * ```ts
 * const connection = await Connection.connect();
 * const batches = new BatchClient(new Client({ connection }), { store: '.anthropic-batch' });
 * const job = await batches.start({
 *   input: { file: 'docs.jsonl' },
 *   template: {
 *     model: 'claude-haiku-5-5',
 *     max_tokens: 300,
 *     messages: [{ role: 'user', content: 'Sum up: {{text}}' }],
 *   },
 * });
 * console.log(await job.result());
 * for await (const result of job.results()) console.log(result.id, result.status);
 * ```
 */
export class BatchClient {
  readonly #client: Client;
  readonly #options: BatchClientOptions;
  #context: Promise<Context> | undefined;
  /** Schedules that start jobs at set times, as Temporal schedules. */
  readonly schedules: Schedules;

  constructor(client: Client, options: BatchClientOptions) {
    this.#options = options;
    this.#client = lenientClient(
      client,
      warnOfUndecodable((message) => this.#warn(message)),
    );
    this.schedules = new Schedules(() => this.#ready());
  }

  /**
   * Copies the input into the store and starts the job. Returns as soon as the server has accepted the job.
   * The workers then plan the set, and send nothing before all of it is planned. Warns if the template, or
   * one of the first 100 documents, has braces that are probably a mistake.
   *
   * @throws {SpecError} {@link InputSourceError} {@link JobExistsError} {@link SearchAttributeError}. After
   *   any of these, nothing was started.
   */
  async start(options: StartOptions): Promise<JobHandle> {
    const { id = newJobId() } = options;
    const { spec, input } = await checkStart({ ...options, id });
    const context = await this.#ready();
    const { job, workflow } = await startJob(context, spec, options, async (ref) => {
      const key = keys.input(ref, input.stored.format);
      await copyInput(context.store, key, input);
      await reviewTemplate(spec, context.store, key, context.warn);
    });
    return new JobHandle(context, id, workflow, job);
  }

  /**
   * Starts a job, or returns the one that has its id, running or ended. Nothing is copied into the store for
   * a job that exists, and it keeps its own input and options.
   *
   * @throws {SpecError} {@link InputSourceError} {@link SearchAttributeError}. Also {@link JobExistsError},
   *   if a workflow of another type has the id.
   */
  async startOrGet(options: StartOrGetOptions): Promise<JobHandle> {
    const { store } = await this.#ready();
    const stored = await findStoredJob(store, options.id);
    // Temporal may have forgotten it.
    if (stored && (await findSummary(store, stored))) return await this.get(options.id);
    try {
      return await this.start({
        ...options,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
    } catch (error) {
      if (!(error instanceof JobExistsError)) throw error;
      const { type } = await this.#client.workflow.getHandle(options.id).describe();
      if (type !== DOCUMENT_SET) throw error;
      return await this.get(options.id);
    }
  }

  /**
   * Estimates what a job with these options would cost: low, likely and worst case, at the standard price and
   * as a batch. Starts nothing. The API counts the tokens of a sample of the documents, which is free and
   * needs a key. The input is checked like a job's input. The estimate uses neither the store nor Temporal.
   * Warns like `start`.
   *
   * @throws {SpecError} {@link InputSourceError} {@link OptionError} {@link UnknownModelError} {@link
   *   EstimateError}
   */
  estimate(options: EstimateOptions): Promise<Estimate> {
    return estimateJob(options, this.#warn);
  }

  /**
   * Returns the state of the store's budget in the present period, or `undefined` if the store has no budget.
   */
  async budget(): Promise<BudgetState | undefined> {
    return storeBudgetState((await this.#ready()).store);
  }

  /**
   * Sets the most that all jobs of the store together may cost in a period, or removes that limit with
   * `null`. The budget applies to everything sent from then on, also by running jobs. Earlier spending counts
   * as far as there was a budget with the same period.
   *
   * @throws {OptionError}
   */
  async setBudget(budget: StoreBudgetOptions | null): Promise<void> {
    await setBudget((await this.#ready()).store, budget);
  }

  /**
   * Returns a handle to a job by its id. Does not check that the job exists: the methods of the handle do.
   */
  async get(jobId: string): Promise<JobHandle> {
    return new JobHandle(await this.#ready(), jobId, this.#client.workflow.getHandle(jobId));
  }

  /** Returns the job that owns a batch, by the batch's id, or `undefined` if no job of the store does. */
  async findBatch(batchId: string): Promise<BatchOwner | undefined> {
    return findBatch(await this.#ready(), batchId);
  }

  /**
   * Sends the requests as one job, waits until it has ended, and returns the results keyed by id. A short
   * form for small sets: the results are held in memory. For more than a few thousand requests use `start`.
   *
   * @throws {JobFailedError} {@link JobCanceledError}. Failed requests are results, not errors.
   */
  execute<const R extends Requests>(requests: R, options?: ExecuteOptions): Promise<ResultsOf<R>> {
    return execute<R>((job) => this.start(job), requests, options);
  }

  /**
   * Starts a new job from the stored requests of an ended job's failed documents, with the same settings
   * unless `options` change them. The default id is `<job>-retry-1`, `-2` and so on. Only one job at a time
   * retries these documents: if a retry is running, the method warns and returns its handle. If a retry has
   * ended, the new job continues with the documents that still have no answer.
   *
   * @throws {JobStateError} if the job has not ended, if nothing failed, or if its documents are being
   *   retried under an id other than `id`.
   */
  async retry(jobId: string, options: RetryOptions = {}): Promise<JobHandle> {
    const of = await this.get(jobId);
    return retryJob(await this.#ready(), of, options);
  }

  /**
   * Starts a job that takes the results of a batch that another tool created, whether or not the batch has
   * ended. The default job id is the batch id. The batch's `custom_id`s become the ids of the results, which
   * are sorted by them, byte by byte. The job sends nothing and never cancels the batch: canceling the job
   * only stops the waiting.
   *
   * @throws {OptionError} if the argument is not a batch id.
   * @throws {JobExistsError} if the id is taken, or if a job of this store already has the batch. If the API
   *   does not know the batch, or no longer has its results, the job fails.
   */
  async adopt(batchId: string, options: AdoptOptions = {}): Promise<JobHandle> {
    return adoptBatch(await this.#ready(), batchId, options);
  }

  /**
   * Collects the paid results of jobs whose workflow was terminated or no longer exists in Temporal. Writes
   * their results and summaries from the data in the store and at the API, so that `results`, `retry` and
   * everything else work for them. Sends nothing. The workers reconcile each job in its own workflow. A job
   * that is already being reconciled is not started twice.
   *
   * @throws {JobStateError} if the job is running. {@link JobNotFoundError}
   */
  async reconcile(options: ReconcileOptions = {}): Promise<Reconciliation[]> {
    return reconcile(await this.#ready(), options);
  }

  /**
   * Deletes everything that the store holds of an ended job, and with `batches` also its batches at the API.
   * After an interruption, call it again. It does not delete the workflow's history in Temporal.
   *
   * @throws {JobStateError} if the job is running. Without `force`, also if one of its batches may be in
   *   flight or a retry reads its requests. {@link JobNotFoundError}
   */
  async delete(jobId: string, options: DeleteOptions = {}): Promise<Deleted> {
    return deleteJob(await this.#ready(), jobId, options);
  }

  /**
   * Deletes the jobs of the store that ended longer ago than `olderThan`, and yields each. Each step of the
   * iteration deletes one job. A job that `delete` would refuse is kept and yielded with the reason.
   * Schedules are not deleted.
   *
   * @throws {SpecError} if `olderThan` is not a duration.
   */
  async *prune(options: PruneOptions): AsyncGenerator<Pruned> {
    yield* prune(await this.#ready(), options);
  }

  /**
   * Returns what the jobs of the store cost that ended in a period, by job, model, schedule or tag, and in
   * total. Reads their summaries in the store, one at a time. Does not use Temporal.
   *
   * @throws {SpecError} if a time or `by` is invalid.
   */
  async costs(options: CostsOptions = {}): Promise<Costs> {
    return costs((await this.#ready()).store, options);
  }

  /**
   * Yields the jobs in Temporal, newest first. `get` also finds older jobs, which only the store still has.
   *
   * @throws {OptionError} if an option is invalid.
   */
  list(options: ListOptions = {}): AsyncGenerator<JobListing> {
    return listJobs(this.#client, async () => (await this.#ready()).store, options);
  }

  get #warn(): (message: string) => void {
    return this.#options.onWarning ?? warnOfProcess;
  }

  #ready(): Promise<Context> {
    const { store, taskQueue = 'anthropic-batch' } = this.#options;
    this.#context ??= openStore(store).then((opened) => ({
      client: this.#client,
      store: opened,
      taskQueue,
      warn: this.#warn,
    }));
    return this.#context;
  }
}

const warnOfProcess = (message: string) => process.emitWarning(message, 'AnthropicBatchWarning');
