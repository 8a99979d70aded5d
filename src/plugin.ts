import { getClient } from '@temporalio/activity';
import { SimplePlugin } from '@temporalio/plugin';
import type { BundleOptions, ReplayWorkerOptions, Worker, WorkerOptions } from '@temporalio/worker';
import { type ActivityDeps, createActivities } from '../activities';
import type { BatchesApi } from './anthropic/api';
import { batchesApi } from './anthropic/batches';
import { type AnthropicClient, asAnthropic } from './anthropic/client';
import { submissionTimes } from './job/protocol/submission';
import type { Builders } from './job-spec/builder';
import { duration } from './job-spec/duration';
import type { Duration } from './job-spec/spec';
import { lazyStore } from './store/lazy';
import type { Store } from './store/store';
import { mayStillRun } from './temporal/at-temporal';
import { wake } from './temporal/wake';
import { checkPlugin, type PluginCheck } from './worker/plugin-check';
import { watchForStuck } from './worker/stuck-watch';

export interface AnthropicBatchPluginOptions {
  /**
   * The official SDK's client: base URL, workspace, proxy, headers are its own. Default: a new one, made from the SDK's
   * environment variables (`ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`) when the first job needs it.
   */
  anthropic?: AnthropicClient;
  /**
   * Where documents and results are stored: a folder, `s3://bucket/prefix`, or a `Store`. Clients must use
   * the same one.
   */
  store: Store | string;
  /** Functions that make requests of documents, by the name that a job's spec says. */
  builders?: Builders;
  /** Folder or prefix below which firings of schedules find their inputs. Without it, this worker leaves firings to others. */
  inputs?: Store | string;
  /**
   * How long a batch whose answer was lost is looked for before it is presumed never to have existed; the protocol's other
   * times keep their proportion to it. Default 30 min; `never` asks a person instead.
   */
  submitGrace?: Duration | 'never';
  /** `false` on a worker for activities only: the plugin then brings no workflows. Default `true`. */
  workflows?: boolean;
}

/** Where this package's workflows and their interceptors are, for the bundler. */
const WORKFLOWS = require.resolve('../workflows');

/**
 * Teaches a worker to run document sets through Anthropic Message Batches: brings the activities, and the workflows where the
 * user has none of his own. A user who has writes `export * from 'temporal-anthropic-batch/workflows'` among them.
 *
 * @example
 * const worker = await Worker.create({
 *   taskQueue: 'anthropic-batch',
 *   plugins: [new AnthropicBatchPlugin({ store: '.anthropic-batch' })],
 * });
 *
 * @experimental Temporal's plugin interface may still change.
 */
export class AnthropicBatchPlugin extends SimplePlugin {
  readonly #bringsWorkflows: boolean;
  readonly #deps: ActivityDeps;

  constructor(options: AnthropicBatchPluginOptions) {
    const deps: ActivityDeps = {
      store: lazyStore(options.store),
      inputs: options.inputs === undefined ? undefined : lazyStore(options.inputs),
      anthropic: once(() => batchesApi(asAnthropic(options.anthropic))),
      builders: options.builders ?? {},
      times: submissionTimes(grace(options.submitGrace)),
      notifyRoom: (job) => wake(getClient(), job.id, 'anthropicAwaitRoom', { first: true }),
      mayStillRun: (job) => mayStillRun(getClient(), job),
    };
    super({ name: 'temporal-anthropic-batch', activities: createActivities(deps) });
    this.#deps = deps;
    this.#bringsWorkflows = options.workflows ?? true;
  }

  /**
   * Checks what jobs need of this worker: the API key, by one free call; the store, by writing, reading, listing and deleting a probe;
   * and the folder of inputs. Call it before `worker.run()`, and do not run a worker whose check is not `ok`: jobs would wait for another
   * one. It takes at most 20 seconds, and reports every problem instead of throwing it.
   *
   * @example
   * const { ok, ...found } = await plugin.check();
   * if (!ok) throw new Error(JSON.stringify(found));
   */
  check(): Promise<PluginCheck> {
    return checkPlugin(this.#deps);
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    // A bundle was made with the workflows that its owner wanted; a path beside it would only raise a warning.
    const configured = super.configureWorker(options);
    return options.workflowBundle ? configured : { ...configured, ...this.#workflows(options) };
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    const configured = super.configureReplayWorker(options);
    return options.workflowBundle ? configured : { ...configured, ...this.#workflows(options) };
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    return {
      ...super.configureBundler(options),
      workflowsPath: options.workflowsPath ?? WORKFLOWS,
      workflowInterceptorModules: withOurs(options.workflowInterceptorModules),
    };
  }

  override async runWorker(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void> {
    const ended = new AbortController();
    if (worker.client && this.#bringsWorkflows) {
      const { Runtime } = await import('@temporalio/worker');
      const { taskQueue } = worker.options;
      const warn = (message: string) => Runtime.instance().logger.warn(message, { taskQueue });
      void watchForStuck({ client: worker.client, taskQueue, warn, signal: ended.signal });
    }
    try {
      await super.runWorker(worker, next);
    } finally {
      ended.abort();
    }
  }

  #workflows({
    workflowsPath,
    interceptors,
  }: Pick<WorkerOptions, 'workflowsPath' | 'interceptors'>): Pick<
    WorkerOptions,
    'workflowsPath' | 'interceptors'
  > {
    const path = workflowsPath ?? (this.#bringsWorkflows ? WORKFLOWS : undefined);
    if (path === undefined) return {};
    return {
      workflowsPath: path,
      interceptors: { ...interceptors, workflowModules: withOurs(interceptors?.workflowModules) },
    };
  }
}

/** Temporal applies a plugin more than once. */
const withOurs = (modules: readonly string[] = []) => [...new Set([...modules, WORKFLOWS])];

function grace(value: Duration | 'never' | undefined): number | null | undefined {
  if (value === undefined) return undefined;
  return value === 'never' ? null : duration(value, 'submitGrace');
}

function once(make: () => BatchesApi): () => BatchesApi {
  let made: BatchesApi | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
