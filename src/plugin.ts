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
import { isRunning } from './temporal/at-temporal';
import { lenientClient, warnOfUndecodable } from './temporal/lenient-client';
import { wake } from './temporal/wake';
import { assertWebhooks, type Webhooks } from './webhook/webhook';
import { watchMetrics } from './worker/metrics';
import { checkPlugin, type PluginCheck } from './worker/plugin-check';
import { watchForStuck } from './worker/stuck-watch';

/** The options of `AnthropicBatchPlugin`. */
export interface AnthropicBatchPluginOptions {
  /**
   * The official SDK's client, with its own base URL, workspace, proxy and headers. Default: a new client
   * from the SDK's environment variables (`ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`), created when the first
   * job needs it.
   */
  anthropic?: AnthropicClient;
  /**
   * Where documents and results are stored: a folder, `s3://bucket/prefix`, or a `Store`. Clients must use
   * the same one.
   */
  store: Store | string;
  /** Functions that turn documents into requests, by the name that a job's spec uses. */
  builders?: Builders;
  /**
   * The webhooks that jobs may call when they end, by the name that `onComplete` uses. Secrets stay in the
   * worker.
   */
  webhooks?: Webhooks;
  /**
   * Folder or prefix that holds the inputs of schedules' firings. Without it, this worker leaves firings to
   * other workers.
   */
  inputs?: Store | string;
  /**
   * How long to search for a batch whose create response was lost, before the batch is presumed never to have
   * existed. The protocol's other times scale with it. Default 30 min. With `never`, a person decides
   * instead.
   */
  submitGrace?: Duration | 'never';
  /**
   * Whether the plugin registers its workflows. Set `false` on a worker that runs only activities. Default
   * `true`.
   */
  workflows?: boolean;
  /**
   * Whether the worker reports the batches in flight on its task queue as metrics of Temporal's `Runtime`. It
   * lists the running chunks every 15 seconds. Default `false`.
   */
  metrics?: boolean;
}

/** The module with this package's workflows and their interceptors, for the bundler. */
const WORKFLOWS = require.resolve('../workflows');

/**
 * Lets a worker run document sets through Anthropic Message Batches. Registers the activities, and the
 * workflows if the worker has none of its own. If it has, add `export * from
 * 'temporal-anthropic-batch/workflows'` to its workflows file.
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
  readonly #reportsMetrics: boolean;
  readonly #deps: ActivityDeps;

  /** @throws {SpecError} if a webhook is not valid. */
  constructor(options: AnthropicBatchPluginOptions) {
    const { webhooks = {} } = options;
    assertWebhooks(webhooks);
    const deps: ActivityDeps = {
      store: lazyStore(options.store, 'store'),
      inputs: options.inputs === undefined ? undefined : lazyStore(options.inputs, 'inputs'),
      anthropic: once(() => batchesApi(asAnthropic(options.anthropic))),
      builders: options.builders ?? {},
      webhooks,
      times: submissionTimes(grace(options.submitGrace)),
      notifyBudget: (job) => wake(getClient(), job.id, 'anthropicAwaitBudget', { first: true }),
      isRunning: (job) => isRunning(getClient(), job),
    };
    super({ name: 'temporal-anthropic-batch', activities: createActivities(deps) });
    this.#deps = deps;
    this.#bringsWorkflows = options.workflows ?? true;
    this.#reportsMetrics = options.metrics ?? false;
  }

  /**
   * Checks what jobs need from this worker: the API key (with one free call), the store (by writing, reading,
   * listing and deleting a probe), and the folder of inputs. Call it before `worker.run()`, and do not run a
   * worker whose check is not `ok`: jobs would wait for another worker. It takes at most 20 seconds, and
   * reports every problem instead of throwing.
   *
   * @example
   * const { ok, ...found } = await plugin.check();
   * if (!ok) throw new Error(JSON.stringify(found));
   */
  check(): Promise<PluginCheck> {
    return checkPlugin(this.#deps);
  }

  override configureWorker(options: WorkerOptions): WorkerOptions {
    // A prebuilt bundle already has the workflows that its owner wants. An additional path only causes a
    // warning.
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
      const { logger, metricMeter: meter } = Runtime.instance();
      const warn = (message: string) => logger.warn(message, { taskQueue });
      // A workflow that this worker cannot decode must not end the watches of all others.
      const client = lenientClient(worker.client, warnOfUndecodable(warn));
      const watch = { client, taskQueue, warn, signal: ended.signal };
      void watchForStuck(watch);
      if (this.#reportsMetrics) void watchMetrics({ ...watch, meter });
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

/** Adds our module once, although Temporal applies a plugin more than once. */
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
