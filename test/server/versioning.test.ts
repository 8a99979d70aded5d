import Anthropic from '@anthropic-ai/sdk';
import { Worker } from '@temporalio/worker';
import { AnthropicBatchPlugin } from 'temporal-anthropic-batch';
import { expect, test } from 'vitest';
import { own } from '../support/cleanup';
import { makeCurrent } from '../support/deployments';
import { eventually } from '../support/eventually';
import { expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, workflowBundle } from '../support/job-world';

/** `temporal.api.enums.v1.VersioningBehavior`. */
const AUTO_UPGRADE = 2;

test.concurrent('a worker under deployment versioning runs jobs, and their workflows upgrade automatically', async () => {
  const world = await jobWorld();
  await versionedWorker(world, 'one');
  await makeCurrent(world, 'one');
  const input = documents(20);

  const job = await world.start({ input: { documents: input }, chunkSize: 10 });
  const summary = await job.result();

  await expectAllAnswered(job, summary, input);
  for (const id of [job.id, `${job.id}/chunk-0`, `${job.id}/chunk-1`]) {
    expect(await versioningOf(world, id)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'one' });
  }
});

test.concurrent('a job that began on version 1 continues with version 2 when 2 is current and 1 is gone', async () => {
  let ends = false;
  const world = await jobWorld({ duration: 60_000, now: () => Date.now() + (ends ? 120_000 : 0) });
  const first = await versionedWorker(world, 'one');
  await makeCurrent(world, 'one');
  const input = documents(20);

  const job = await world.start({ input: { documents: input }, chunkSize: 10 });
  await eventually(() => world.simulator.calls().retrieve >= 2, { what: 'the poll of both batches' });
  expect(await versioningOf(world, job.id)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'one' });
  await first.stop();
  await versionedWorker(world, 'two');
  await makeCurrent(world, 'two');
  ends = true;
  const summary = await job.result();

  await expectAllAnswered(job, summary, input);
  await expectBilledOnce(world.simulator, summary);
  expect(world.simulator.calls().create).toBe(2);
  for (const id of [job.id, `${job.id}/chunk-0`, `${job.id}/chunk-1`]) {
    expect(await versioningOf(world, id)).toEqual({ behavior: AUTO_UPGRADE, buildId: 'two' });
  }
});

/** A worker of one version of the deployment, which has the name of the world's task queue. */
async function versionedWorker(
  { connection, server, taskQueue, store, simulator }: JobWorld,
  buildId: string,
) {
  const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'test-key' });
  const worker = await Worker.create({
    connection,
    namespace: server.namespace,
    taskQueue,
    workflowBundle,
    plugins: [new AnthropicBatchPlugin({ store, anthropic })],
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: taskQueue, buildId },
      // The default for the user's other workflows. The package's workflows set their own.
      defaultVersioningBehavior: 'PINNED',
    },
  });
  const ended = worker.run();
  ended.catch(() => {});
  const stop = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await ended;
  };
  own(stop);
  return { stop };
}

async function versioningOf({ client }: JobWorld, workflowId: string) {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const info = raw.workflowExecutionInfo?.versioningInfo;
  return { behavior: info?.behavior, buildId: info?.deploymentVersion?.buildId };
}
