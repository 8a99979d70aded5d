import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import type { WorkerDeploymentOptions, WorkerOptions } from '@temporalio/worker';
import { Command, Option } from 'commander';
import { duration } from '../../job-spec/duration';
import type { Duration } from '../../job-spec/spec';
import type { AnthropicBatchPlugin } from '../../plugin';
import { cachedWorkflows } from '../../worker/cached-workflows';
import { loadBuilders } from '../builders';
import { dataConverterOf } from '../connect';
import { isBundled } from '../data-converter';
import { UsageError } from '../exit';
import { type Probed, serveHealth } from '../health';
import { collected, numeric, port, type SharedOptions, shared, whole } from '../options';
import { assertUsable } from '../ready';
import { runWorker } from '../run-worker';
import { webhooksOf } from '../webhooks';
import { bindAddress, type RuntimeSettings } from '../worker-runtime';

interface WorkerFlags extends SharedOptions, RuntimeSettings {
  builders?: string;
  submitGrace?: Duration | 'never';
  inputs?: string;
  webhook?: string[];
  maxCachedWorkflows?: number | string;
  healthPort?: number | string;
  deploymentName?: string;
  buildId?: string;
  shutdownGrace: string;
}

/** The prebuilt bundle, next to the compiled sources. It does not exist if the sources run uncompiled. */
const BUNDLE = join(__dirname, '..', '..', '..', 'workflow-bundle.js');

export function worker(): Command {
  const command = new Command('worker')
    .description('run a worker: checks the Anthropic API key, the store and Temporal, then runs jobs')
    .option('--builders <module>', 'a module that exports functions that turn documents into requests')
    .option(
      '--submit-grace <duration>',
      'how long to search for a batch whose create response was lost, or "never" to hold the job for ' +
        'a person (default: 30m)',
    )
    .option(
      '--webhook <name=url>',
      'a webhook that jobs may call when they end; its secret is in ANTHROPIC_BATCH_WEBHOOK_SECRET_NAME; ' +
        'may be given several times',
      (text: string, given?: string[]) => collected(text, given),
    )
    .option('--inputs <location>', "folder or prefix that holds the inputs of schedules' firings")
    .option(
      '--max-cached-workflows <n>',
      'workflows kept in memory between their tasks (default: depends on memory)',
      numeric,
    )
    .option('--health-port <port>', 'serve the probes GET /live and GET /ready on this port', numeric)
    .option('--metrics <address>', 'serve Prometheus metrics at this address, such as 0.0.0.0:9464')
    .addOption(
      new Option('--log-level <level>', 'the least severe messages to log')
        .choices(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'])
        .default('WARN'),
    )
    .addOption(
      new Option('--log-format <format>', 'the form of log messages')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--deployment-name <name>', "the worker's deployment, for worker versioning; needs --build-id")
    .option('--build-id <id>', "the worker's version in its deployment; needs --deployment-name")
    .option('--shutdown-grace <duration>', 'how long work in progress may go on after SIGTERM', '10s');
  return shared(command).action(async (flags: WorkerFlags) => {
    // Everything is checked before the API, the store or Temporal is contacted.
    const options = await optionsOf(flags);
    if (flags.metrics !== undefined) bindAddress(flags.metrics);
    const healthPort = flags.healthPort === undefined ? undefined : port('--health-port', flags.healthPort);
    const anthropic = (await import('../../anthropic/default-client.js')).defaultClient();
    const plugin = await pluginOf(flags, anthropic);
    const probed: Probed = { plugin };
    const health = healthPort === undefined ? undefined : await serveHealth(healthPort, probed);
    try {
      const degraded = await assertUsable(plugin);
      const more = [...otherApi(anthropic.baseURL), ...degradedBy(degraded)];
      await runWorker(
        { ...options, plugins: [plugin] },
        { store: flags.store, more, probed, runtime: flags },
      );
    } finally {
      health?.close();
      health?.closeAllConnections();
    }
  });
}

/** Returns the options of Temporal's worker. @throws {UsageError} */
async function optionsOf(flags: WorkerFlags): Promise<Omit<WorkerOptions, 'plugins'>> {
  const maxCachedWorkflows = flags.maxCachedWorkflows ?? cachedWorkflows();
  const dataConverter = await dataConverterOf(flags);
  return {
    taskQueue: flags.taskQueue,
    maxCachedWorkflows: whole('--max-cached-workflows', maxCachedWorkflows, 2),
    shutdownGraceTime: duration(flags.shutdownGrace, '--shutdown-grace'),
    workerDeploymentOptions: deploymentOf(flags),
    dataConverter,
    ...(existsSync(BUNDLE) && !isBundled(dataConverter) ? { workflowBundle: { codePath: BUNDLE } } : {}),
  };
}

async function pluginOf(flags: WorkerFlags, anthropic: Anthropic): Promise<AnthropicBatchPlugin> {
  const { store, submitGrace, inputs } = flags;
  const builders = flags.builders === undefined ? undefined : await loadBuilders(flags.builders);
  const webhooks = webhooksOf(flags.webhook ?? [], process.env);
  const metrics = flags.metrics !== undefined;
  const { AnthropicBatchPlugin: Plugin } = await import('../../plugin.js');
  return new Plugin({ anthropic, store, builders, inputs, webhooks, submitGrace, metrics });
}

/** Returns the version that the worker has under worker versioning. @throws {UsageError} */
function deploymentOf({ deploymentName, buildId }: WorkerFlags): WorkerDeploymentOptions | undefined {
  if (deploymentName === undefined && buildId === undefined) return undefined;
  if (deploymentName === undefined || buildId === undefined) {
    throw new UsageError('`--deployment-name` and `--build-id` must be given together.');
  }
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    // For workflows of your own. Those of this package choose the same.
    defaultVersioningBehavior: 'AUTO_UPGRADE',
  };
}

const degradedBy = (problems: readonly string[]) =>
  problems.length > 0 ? [`degraded: ${problems.join(' ')}`] : [];

/** Names the API if it is not Anthropic's. Shows only its host: a base URL may contain a password. */
function otherApi(baseURL: string): string[] {
  const host = URL.canParse(baseURL) ? new URL(baseURL).host : 'at an invalid address';
  return host === 'api.anthropic.com' ? [] : [`API ${host}`];
}
