import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Duration } from '../../job-spec/spec';
import { cachedWorkflows } from '../../worker/cached-workflows';
import { loadBuilders } from '../builders';
import { temporalConfig, unreachable } from '../connect';
import { collected, numeric, type SharedOptions, shared, whole } from '../options';
import { say } from '../output/print';
import { assertUsable, temporalReached } from '../ready';
import { webhooksOf } from '../webhooks';

interface WorkerFlags extends SharedOptions {
  builders?: string;
  submitGrace?: Duration | 'never';
  inputs?: string;
  webhook?: string[];
  maxCachedWorkflows?: number | string;
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
    );
  return shared(command).action(async (flags: WorkerFlags) => {
    const { store, taskQueue, submitGrace, inputs } = flags;
    const given = flags.maxCachedWorkflows ?? cachedWorkflows();
    const maxCachedWorkflows = whole('--max-cached-workflows', given, 2);
    const builders = flags.builders === undefined ? undefined : await loadBuilders(flags.builders);
    const webhooks = webhooksOf(flags.webhook ?? [], process.env);
    const { AnthropicBatchPlugin } = await import('../../plugin.js');
    const { defaultClient } = await import('../../anthropic/default-client.js');
    const anthropic = defaultClient();
    const plugin = new AnthropicBatchPlugin({ anthropic, store, builders, inputs, webhooks, submitGrace });
    const degraded = await assertUsable(plugin);
    await temporalReached();

    const { DefaultLogger, NativeConnection, Runtime, Worker } = await import('@temporalio/worker');
    Runtime.install({ logger: new DefaultLogger('WARN') });
    const { connectionOptions, namespace, address } = temporalConfig();
    const connection = await NativeConnection.connect({ ...connectionOptions, address }).catch((error) => {
      throw unreachable(address, error);
    });
    try {
      const running = await Worker.create({
        connection,
        namespace,
        taskQueue,
        plugins: [plugin],
        shutdownGraceTime: '10s',
        maxCachedWorkflows,
        ...(existsSync(BUNDLE) ? { workflowBundle: { codePath: BUNDLE } } : {}),
      });
      const done = running.run();
      const stopped = done.catch(() => {});
      await Promise.race([stopped, polling(connection, namespace, taskQueue, running.options.identity)]);
      if (running.getState() === 'RUNNING') {
        say(
          'Worker ready: ' +
            `task queue ${taskQueue}, namespace ${namespace}, store ${store}, Temporal ${address}` +
            otherApi(anthropic.baseURL) +
            (degraded.length > 0 ? `, degraded: ${degraded.join(' ')}` : ''),
        );
      }
      await done;
    } finally {
      await connection.close().catch(() => {});
    }
  });
}

/** Names the API if it is not Anthropic's. Shows only its host: a base URL may contain a password. */
function otherApi(baseURL: string): string {
  const host = URL.canParse(baseURL) ? new URL(baseURL).host : 'at an invalid address';
  return host === 'api.anthropic.com' ? '' : `, API ${host}`;
}

/** Waits until the server lists this worker as a poller, at most 10 seconds. */
async function polling(
  connection: import('@temporalio/worker').NativeConnection,
  namespace: string,
  taskQueue: string,
  identity: string,
): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const answer = await connection.workflowService
      .describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 })
      .catch(() => undefined);
    if (answer?.pollers?.some((poller) => poller.identity === identity)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
