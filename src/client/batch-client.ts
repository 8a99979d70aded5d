// client/: what application code calls. `BatchClient` is here; each room holds one group of its methods: start, read, costs,
// schedules, delete, temporal. It loads no worker, and no Anthropic SDK before it is needed.

import type { Client } from '@temporalio/client';
import type { Estimate } from '../cost/estimate/estimate';
import { keys } from '../records/keys';
import { openStore } from '../store/location';
import type { Context } from './context';
import { type BudgetState, type StoreBudgetOptions, setBudget, storeBudgetState } from './costs/budget';
import { type Costs, type CostsOptions, costs } from './costs/costs';
import { type EstimateOptions, estimateJob } from './costs/estimate';
import { type Deleted, type DeleteOptions, deleteJob } from './delete/delete';
import { type Pruned, type PruneOptions, prune } from './delete/prune';
import { JobHandle } from './handle';
import { newJobId } from './instance';
import { listJobs } from './read/list';
import { Schedules } from './schedules/schedules';
import { type AdoptOptions, adoptBatch } from './start/adopt';
import { checkStart } from './start/check';
import { type ExecuteOptions, execute, type Requests, type ResultsOf } from './start/execute';
import { copyInput, inputFormat } from './start/input';
import { type RetryOptions, retryJob } from './start/retry';
import { startJob } from './start/start';
import { type ReconcileOptions, type Reconciliation, reconcile } from './temporal/reconcile';
import type { BatchClientOptions, JobListing, StartOptions } from './types';

/**
 * Starts document sets as jobs on a Temporal server and reads what became of them.
 *
 * @example
 * ```ts
 * const connection = await Connection.connect();
 * const batches = new BatchClient(new Client({ connection }), { store: '.anthropic-batch' });
 * const job = await batches.start({
 *   input: { file: 'docs.jsonl' },
 *   template: { model: 'claude-haiku-5-5', max_tokens: 300, messages: [{ role: 'user', content: 'Sum up: {{text}}' }] },
 * });
 * console.log(await job.result());
 * for await (const result of job.results()) console.log(result.id, result.status);
 * ```
 */
export class BatchClient {
  readonly #client: Client;
  readonly #options: BatchClientOptions;
  #context: Promise<Context> | undefined;
  /** Jobs that start by themselves, over Temporal schedules. */
  readonly schedules: Schedules;

  constructor(client: Client, options: BatchClientOptions) {
    this.#client = client;
    this.#options = options;
    this.schedules = new Schedules(() => this.#ready());
  }

  /**
   * Copies the input into the store and starts the job. Answers as soon as the server has taken it: the workers plan the
   * set, and send nothing before all of it is planned.
   *
   * @throws {SpecError} {@link InputSourceError} {@link JobExistsError} {@link SearchAttributeError}; nothing was started then.
   */
  async start(options: StartOptions): Promise<JobHandle> {
    const { id = newJobId(), input } = options;
    const spec = await checkStart({ ...options, id });
    const context = await this.#ready();
    const { job, workflow } = await startJob(context, spec, options, (ref) =>
      copyInput(context.store, keys.input(ref, inputFormat(input)), input),
    );
    return new JobHandle(context, id, workflow, job);
  }

  /**
   * Says what a job of these options would cost, before anything is started: low, likely and worst case, standard and as a batch.
   * Tokens of a sample of the documents are counted by the API, which is free and needs a key; the input is checked as a job's
   * is. Neither the store nor Temporal is asked.
   *
   * @throws {SpecError} {@link InputSourceError} {@link OptionError} {@link UnknownModelError} {@link EstimateError}
   */
  estimate(options: EstimateOptions): Promise<Estimate> {
    return estimateJob(options);
  }

  /** How the store's budget of the present period stands; `undefined` where it has none. */
  async budget(): Promise<BudgetState | undefined> {
    return storeBudgetState((await this.#ready()).store);
  }

  /**
   * Sets what all jobs of the store together may cost in a period, or with `null` that it is not limited. It holds for what is sent from then on, of jobs that run, too;
   * what was spent before counts as far as there was a budget of the same period.
   *
   * @throws {OptionError}
   */
  async setBudget(budget: StoreBudgetOptions | null): Promise<void> {
    await setBudget((await this.#ready()).store, budget);
  }

  /** A handle to a job by its id. Whether there is one shows when the handle is asked. */
  async get(jobId: string): Promise<JobHandle> {
    return new JobHandle(await this.#ready(), jobId, this.#client.workflow.getHandle(jobId));
  }

  /**
   * The short form for small sets: sends the requests as one job, waits until it has ended, and gives the results keyed by
   * id. Results are held in memory; for more than a few thousand requests use `start`.
   *
   * @throws {JobFailedError} {@link JobCanceledError}; failed requests are results and not errors.
   */
  execute<const R extends Requests>(requests: R, options?: ExecuteOptions): Promise<ResultsOf<R>> {
    return execute<R>((job) => this.start(job), requests, options);
  }

  /**
   * Starts a new job from the stored requests of an ended job's failed documents, with the same settings unless told
   * otherwise. Its id is `<job>-retry-1`, `-2` and so on, unless given. One job at a time has these documents: one that runs is
   * given, with a warning, and from one that has ended it goes on with what still has no answer.
   *
   * @throws {JobStateError} when the job has not ended, nothing failed, or its documents are being retried under another id than `id`.
   */
  async retry(jobId: string, options: RetryOptions = {}): Promise<JobHandle> {
    const of = await this.get(jobId);
    return retryJob(await this.#ready(), of, options);
  }

  /**
   * Starts a job that takes the results of a batch which another tool made, whether it has ended or not. Its id is the batch's
   * unless given; the `custom_id`s of the batch are the ids of its results, which come in their order, byte by byte. Nothing is sent,
   * and the batch is never canceled: to cancel the job is to wait no longer.
   *
   * @throws {OptionError} for what is no batch's id.
   * @throws {JobExistsError} when the id is taken, or a job of this store has the batch. That the API does not know the batch, or has
   *   no results of it any more, fails the job.
   */
  async adopt(batchId: string, options: AdoptOptions = {}): Promise<JobHandle> {
    return adoptBatch(await this.#ready(), batchId, options);
  }

  /**
   * Brings home what jobs had bought whose workflow was terminated or is forgotten, and writes their results and summaries by
   * what the store and the API say, so that `results`, `retry` and all else work for them. Nothing is sent. The workers do it,
   * by a workflow for each job; a job that is on its way already is not started twice.
   *
   * @throws {JobStateError} for a job that runs. {@link JobNotFoundError}
   */
  async reconcile(options: ReconcileOptions = {}): Promise<Reconciliation[]> {
    return reconcile(await this.#ready(), options);
  }

  /**
   * Deletes all that the store holds of a job that has ended, and its batches at the API when asked. One that was interrupted
   * can be repeated. The workflow's history is Temporal's.
   *
   * @throws {JobStateError} when the job runs, or, without `force`, when a batch of it may be in flight or a retry reads its
   *   requests. {@link JobNotFoundError}
   */
  async delete(jobId: string, options: DeleteOptions = {}): Promise<Deleted> {
    return deleteJob(await this.#ready(), jobId, options);
  }

  /**
   * Deletes the jobs of the store that ended longer ago than `olderThan`, as they are asked for, and tells of each; those that
   * `delete` would refuse are kept, with the reason. Schedules stay as they are.
   *
   * @throws {SpecError} when `olderThan` is no duration.
   */
  async *prune(options: PruneOptions): AsyncGenerator<Pruned> {
    yield* prune(await this.#ready(), options);
  }

  /**
   * What the jobs of the store cost that ended in a period, by job, model, schedule or a tag, and in all: by their summaries in the store, which are
   * read one at a time. Temporal is not asked.
   *
   * @throws {SpecError} for a time or a `by` that is none.
   */
  async costs(options: CostsOptions = {}): Promise<Costs> {
    return costs((await this.#ready()).store, options);
  }

  /** The jobs that Temporal knows, newest first. Those it has forgotten are still in the store, for `get`. */
  list(): AsyncGenerator<JobListing> {
    return listJobs(this.#client);
  }

  #ready(): Promise<Context> {
    const { store, taskQueue = 'anthropic-batch', onWarning: warn = warnOfProcess } = this.#options;
    this.#context ??= openStore(store).then((opened) => ({
      client: this.#client,
      store: opened,
      taskQueue,
      warn,
    }));
    return this.#context;
  }
}

const warnOfProcess = (message: string) => process.emitWarning(message, 'AnthropicBatchWarning');
