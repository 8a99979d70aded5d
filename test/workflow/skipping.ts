import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { AnthropicBatchPlugin, type AnthropicBatchPluginOptions } from 'temporal-anthropic-batch';
import { BatchClient } from 'temporal-anthropic-batch/client';
import { type Simulator, type SimulatorOptions, startSimulator } from 'temporal-anthropic-batch/simulator';
import { inject } from 'vitest';
import { own } from '../support/cleanup';
import { root } from '../support/root';
import { tempDir } from '../support/temp-dir';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  // Otherwise it would warn at each start that the test server lacks features of newer servers.
  telemetryOptions: { logging: { filter: 'ERROR' } },
});

export interface Skipping {
  env: TestWorkflowEnvironment;
  simulator: Simulator;
  batches: BatchClient;
  store: string;
  /** The history events of one chunk of a job. */
  chunkEvents(job: string, chunk: number): Promise<number>;
}

/**
 * A time-skipping Temporal server, a worker and a simulated API that shares the server's clock. Time passes
 * only while there is nothing to do, and then at once. Only a job's `result()` lets it pass.
 */
export async function skipping(
  options: Omit<SimulatorOptions, 'dir' | 'now'> = {},
  {
    submitGrace,
    fetch,
  }: Pick<AnthropicBatchPluginOptions, 'submitGrace'> & { fetch?: typeof globalThis.fetch } = {},
): Promise<Skipping> {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: inject('timeSkippingServer') } },
  });
  own(() => env.teardown());
  const simulator = await startSimulator({
    ...options,
    dir: await tempDir(),
    now: () => env.currentTimeMs(),
  });
  own(() => simulator.close());
  const store = await tempDir();
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key', fetch });
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'anthropic-batch',
    plugins: [new AnthropicBatchPlugin({ store, anthropic, submitGrace })],
    workflowBundle: { codePath: join(root, 'dist', 'workflow-bundle.js') },
  });
  const running = worker.run();
  own(async () => {
    worker.shutdown();
    await running;
  });
  return {
    env,
    simulator,
    batches: new BatchClient(env.client, { store }),
    store,
    async chunkEvents(job, chunk) {
      const { events } = await env.client.workflow.getHandle(`${job}/chunk-${chunk}`).fetchHistory();
      return events?.length ?? 0;
    },
  };
}

export const HOUR = 3_600_000;

/** A number of documents: `doc-0` and so on. */
export const documents = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `doc-${index}`, text: `Text number ${index}.` }));

export const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Sum up: {{text}}' }],
};
