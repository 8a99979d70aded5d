// What a scenario needs: a simulated API, a store, a worker, and a client, under a task queue of its own.
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { root } from '../run.mjs';

const require = createRequire(import.meta.url);
const { AnthropicBatchPlugin } = require('temporal-anthropic-batch');
const { BatchClient, writeDocuments, writeJobSpec } = require('temporal-anthropic-batch/client');
const { startSimulator } = require('temporal-anthropic-batch/simulator');

export { writeDocuments, writeJobSpec };

export const HOUR = 3_600_000;

export const template = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Sum up: {{text}}' }],
};

/** Documents whose texts, and so their costs, have equal lengths. */
export const documents = (count, text = (index) => `${100 + index}`) =>
  Array.from({ length: count }, (_, index) => ({ id: `${index}`, text: text(index) }));

/** Runs `body` in a world of its own. */
export async function withWorld({ name, address, folder }, body) {
  const [store, inputs] = ['store', 'inputs'].map((part) => join(folder, part));
  mkdirSync(inputs, { recursive: true });
  /** How long the next batches run, in milliseconds of the simulator's clock. */
  const duration = { ms: 0 };
  const simulator = await startSimulator({
    dir: join(folder, 'simulator'),
    duration: () => duration.ms,
    cancelFinishes: 0.5,
  });
  const connection = await Connection.connect({ address });
  // The default identities name the machine and the process.
  const client = new Client({ connection, identity: 'client' });
  const native = await NativeConnection.connect({ address });
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  const batches = new BatchClient(client, { store, taskQueue: name, onWarning: () => {} });
  const workers = [];
  const world = { name, client, simulator, anthropic, batches, store, inputs, duration };
  try {
    await body({
      ...world,
      /** Starts the worker. */
      async work(options = {}) {
        const worker = await Worker.create({
          connection: native,
          identity: 'worker',
          taskQueue: name,
          plugins: [new AnthropicBatchPlugin({ store, anthropic, inputs, submitGrace: '20s', ...options })],
          workflowBundle: { codePath: join(root, 'dist', 'workflow-bundle.js') },
        });
        workers.push({ worker, running: worker.run() });
      },
      /** Starts a job of so many documents. */
      start: (count, options = {}) =>
        batches.start({
          id: name,
          input: { documents: documents(count) },
          template,
          pollFloor: '1s',
          ...options,
        }),
      terminate: (workflowId) => client.workflow.getHandle(workflowId).terminate('by hand'),
      reset: (workflowId, choose) => reset(client, workflowId, choose),
    });
  } finally {
    for (const { worker } of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(workers.map(({ running }) => running));
    await native.close();
    await connection.close();
    await simulator.close();
  }
}

/** Resets a workflow to one of its completed workflow tasks, as the Temporal UI does. */
async function reset(client, workflowId, choose) {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const points = events.filter((event) => event.workflowTaskCompletedEventAttributes);
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: choose(points).eventId,
    requestId: randomUUID(),
    reason: 'by hand',
  });
}

/** Waits until a check is true, and returns its value. */
export async function until(check) {
  for (const limit = Date.now() + 180_000; Date.now() < limit; await sleep(100)) {
    const value = await check();
    if (value) return value;
  }
  throw new Error(`This did not come true within three minutes: ${check}`);
}

/** Waits for the end of a job, and checks that it ended as the scenario intends. */
export async function ended(job, expected) {
  await job.result().catch(() => {});
  const summary = await job.summary();
  for (const [field, value] of Object.entries(expected)) {
    if (summary?.[field] === value) continue;
    throw new Error(
      `${job.id} ended with ${JSON.stringify(summary)} instead of ${JSON.stringify(expected)}.`,
    );
  }
}
