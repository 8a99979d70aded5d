import { JobCanceledError } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import { CHUNK_STATE, DOCUMENT_SET, MESSAGE_BATCH, SEGMENT_NEWS } from '../../src/job/names';
import { eventually } from '../support/eventually';
import { details } from '../support/job-checks';
import { documents, type JobWorld, workingWorld } from '../support/job-world';

const HOUR = 3_600_000;

/** A pending activity that a worker has taken. */
const STARTED = 2;

const bytes = (text: string) => new TextEncoder().encode(text);

/** Sends a signal whose payload is raw bytes, as any client of the namespace can. */
const signalRaw = (
  { client }: JobWorld,
  workflowId: string,
  signalName: string,
  encoding: string,
  data: string,
) =>
  client.workflowService.signalWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    signalName,
    input: { payloads: [{ metadata: { encoding: bytes(encoding) }, data: bytes(data) }] },
  });

async function taskFailures({ client }: JobWorld, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
    failed ? [failed.failure?.message ?? ''] : [],
  );
}

test.concurrent('signals that cannot be read are ignored and counted, and the job can still be canceled', async () => {
  const world = await workingWorld({ duration: HOUR });
  const job = await world.start({ input: { documents: documents(5) } });
  await eventually(async () => (await job.progress()).batches === 1);
  const workflow = world.client.workflow.getHandle(job.id);
  const chunk = `${job.id}/chunk-0`;

  const waiting = { chunk: 0, phase: 'waiting', requests: 1, round: 0, batches: 0 };
  const malformed = [
    null,
    { chunk: 0 },
    [],
    7,
    { chunk: 0, phase: 'dancing', requests: 1, round: 0, batches: 0 },
    { ...waiting, reason: 'It waits.' },
    { ...waiting, reason: { code: 'failed', message: { toString: null } } },
    { ...waiting, reason: { code: 'dancing' } },
  ];
  for (const value of malformed) await workflow.signal(CHUNK_STATE, value);
  await workflow.signal(CHUNK_STATE);
  await workflow.signal(SEGMENT_NEWS, { segment: 0, totals: null });
  await eventually(async () =>
    (await details(world, job.id)).includes('**Ignored:** 10 signals that could not be read'),
  );
  // A payload that is not JSON does not reach the workflow at all.
  for (const id of [job.id, chunk]) {
    await signalRaw(world, id, CHUNK_STATE, 'json/plain', '{"chunk":');
    await signalRaw(world, id, 'anthropicPing', 'json/plain', 'no JSON');
    await signalRaw(world, id, 'an unknown signal', 'json/plain', '{}');
    // A payload for which the SDK has no decoder does not reach it either.
    for (const encoding of ['json/protobuf', 'binary/protobuf', 'binary/encrypted', 'of another tool', '']) {
      await signalRaw(world, id, CHUNK_STATE, encoding, '{}');
      await signalRaw(world, id, SEGMENT_NEWS, encoding, '{}');
    }
    await signalRaw(world, id, SEGMENT_NEWS, 'binary/null', '');
    await signalRaw(world, id, SEGMENT_NEWS, 'binary/plain', '\u0000');
  }
  await eventually(async () =>
    (await details(world, job.id)).includes('**Ignored:** 12 signals that could not be read'),
  );
  await expect(
    workflow.executeUpdate('anthropicPause', { updateId: 'an update that no workflow has' }),
  ).rejects.toThrow();

  await job.cancel();
  await expect(job.result()).rejects.toThrow(JobCanceledError);
  expect(world.simulator.calls()).toMatchObject({ create: 1, cancel: 1 });
  expect(await taskFailures(world, job.id)).toEqual([]);
  expect(await taskFailures(world, chunk)).toEqual([]);
});

test.concurrent('a forged activity completion is only a hint: the job stays paused until it is resumed', async () => {
  const world = await workingWorld();
  const job = await world.start({ input: { documents: documents(3) } });
  await job.pause();
  const workflowId = `${job.id}/chunk-0`;
  const waiting = () =>
    eventually(async () => {
      const { raw } = await world.client.workflow.getHandle(workflowId).describe();
      const [activity] = raw.pendingActivities ?? [];
      return Number(activity?.state) === STARTED && activity?.activityType?.name === 'anthropicAwaitRequest'
        ? activity.activityId!
        : undefined;
    });
  for (const value of [{ requests: 'x', paused: {} }, null, 'resumed', 7]) {
    await world.client.activity.complete({ workflowId, activityId: await waiting() }, value);
  }
  for (const [encoding, data] of [
    ['json/plain', '{"requests":'],
    ['', '{}'],
  ] as const) {
    await world.client.workflowService.respondActivityTaskCompletedById({
      namespace: world.client.options.namespace,
      workflowId,
      activityId: await waiting(),
      result: { payloads: [{ metadata: { encoding: bytes(encoding) }, data: bytes(data) }] },
    });
  }
  await waiting();
  expect(await job.progress()).toMatchObject({ state: 'paused', batches: 0 });
  await job.resume();
  expect(await job.result()).toMatchObject({ succeeded: 3 });
  expect(await taskFailures(world, workflowId)).toEqual([]);
});

test.concurrent.each([
  [DOCUMENT_SET, null, 'input must be an object'],
  [DOCUMENT_SET, { waitForWorker: 0 }, 'input.searchAttributes must be a boolean'],
  [DOCUMENT_SET, { searchAttributes: false, waitForWorker: 0 }, 'needs a job, a firing or a child'],
  [
    DOCUMENT_SET,
    { child: { instance: 'i' }, searchAttributes: false, waitForWorker: 0 },
    'input.child.documents',
  ],
  [MESSAGE_BATCH, { chunk: 0 }, 'input.job must be an object'],
])('%s started with %j fails with a message that says what is wrong', async (type, input, message) => {
  const world = await workingWorld();
  const workflowId = `hostile-${type}-${message}`;
  const { taskQueue } = world;
  const started = await world.client.workflow.start(type, { workflowId, taskQueue, args: [input] });
  await expect(started.result()).rejects.toMatchObject({
    cause: { type: 'anthropic.InvalidInput', message: expect.stringContaining(message) },
  });
});
