import type { JobHandle } from 'temporal-anthropic-batch/client';
import { expect, test } from 'vitest';
import type { JobProgress } from '../../src/job/job';
import { PROGRESS_MEMO } from '../../src/job/names';
import { eventually } from '../support/eventually';
import { Held } from '../support/held-activity';
import { checkedResults, collect, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobWorld, jobWorld, runWorker, workingWorld } from '../support/job-world';
import { reset, resetPoints } from '../support/resets';
import { smallSegments } from '../support/small-segments';

/** On a busy machine, about 250 chunks take minutes. */
const LONG = 600_000;

const HOUR = 3_600_000;

/** A world whose jobs have segments of at most 8 chunks. */
async function segmentedWorld(options: Parameters<typeof jobWorld>[0]): Promise<JobWorld> {
  const world = await jobWorld(options);
  await runWorker(world, {}, { workflowBundle: await smallSegments() });
  return world;
}

test(
  'a document set of more than 250 chunks runs in segments, within the limits of the job',
  async () => {
    const world = await workingWorld();
    const input = documents(255);
    const job = await world.start({ input: { documents: input }, chunkSize: 1, maxBatchesInFlight: 80 });
    const summary = await job.result();
    expect(summary).toMatchObject({ chunks: 255, batches: 255 });
    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);

    const workflows = new Map<string, number>();
    for await (const { type } of world.client.workflow.list({
      query: `WorkflowId = "${job.id}" OR WorkflowId STARTS_WITH "${job.id}/"`,
    })) {
      workflows.set(type, (workflows.get(type) ?? 0) + 1);
    }
    expect(Object.fromEntries(workflows)).toEqual({
      anthropicDocumentSet: 1,
      anthropicSegment: 4,
      anthropicMessageBatch: 255,
    });
  },
  3 * LONG,
);

test.concurrent(
  'the job of a terminated segment cancels its batches and keeps its paid answers; ended chunks keep their results',
  async () => {
    const world = await segmentedWorld({
      duration: ({ number }) => (number === 1 ? 3_600_000 : 0),
      cancelFinishes: 1,
      faults: { http: [{ kind: 'status', endpoint: 'create', status: 400 }] },
    });
    // One segment runs at a time, because one batch may. One chunk has nothing to send.
    const sent = (index: number) => index !== 4;
    const input = documents(10, (index) => `Document ${index}${sent(index) ? '' : 'x'.repeat(1_000)}`);
    const limits = { chunkSize: 1, chunkBytes: 1_000, maxBatchesInFlight: 1 };
    const job = await world.start({ input: { documents: input }, ...limits });
    // In the first segment, one chunk has failed, one has its answer, and the third has a batch in flight.
    await eventually(async () => (await world.simulator.batches()).length === 2);

    await world.client.workflow.getHandle(`${job.id}/segment-0`).terminate('by hand');
    const summary = await job.result();
    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ chunks: 10, succeeded: 7, batches: 7 });
    // The failed chunk keeps its own reason. The others have the segment's.
    const reasons = new Map<string, number>();
    for (const [index, { error }] of results.entries()) {
      if (error && sent(index)) reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      'The Anthropic API answered 400 invalid_request_error: Simulated 400': 1,
      Terminated: 1,
    });
    await expectBilledOnce(world.simulator, summary);
  },
  3 * LONG,
);

test.concurrent(
  'a running segment that is reset buys nothing again, cancels no batch, and the results are the same',
  async () => {
    const world = await segmentedWorld({ duration: HOUR });
    // Four segments of three chunks run at a time, each with one request in flight. Each segment's last chunk
    // has nothing to send.
    const sent = (index: number) => index % 3 < 2;
    const input = documents(12, (index) => `Document ${index}${sent(index) ? '' : 'x'.repeat(1_000)}`);
    const limits = { chunkSize: 1, chunkBytes: 1_000, maxBatchesInFlight: 10, maxRequestsInFlight: 4 };
    const job = await world.start({ input: { documents: input }, ...limits });
    const batches = (count: number) =>
      eventually(
        async () => {
          expect(await job.progress()).toMatchObject({ batches: count });
          return true;
        },
        { timeout: LONG },
      );

    /**
     * Resets a segment to workflow tasks at these places of its history, from 0 to 1, and waits each time
     * until its chunk in flight runs again.
     */
    const resetTo = async (segment: number, places: readonly number[]) => {
      const workflow = world.client.workflow.getHandle(`${job.id}/segment-${segment}`);
      for (const place of places) {
        const run = await eventually(async () => {
          const found = await resetPoints(world, workflow.workflowId);
          return found.points.length > 0 && found;
        });
        const point = run.points[Math.floor(place * (run.points.length - 1))]!;
        await reset(world, run, point);
        const takenUp = async () => {
          const { memo } = await workflow.describe();
          expect((memo?.[PROGRESS_MEMO] as JobProgress | undefined)?.chunks.running).toBe(1);
          return true;
        };
        await eventually(takenUp, { timeout: LONG, what: `segment ${segment}, reset to ${point}` });
      }
    };
    const throughout = [0, 0.2, 0.4, 0.6, 0.8, 1];
    const late = [0.8, 0.85, 0.9, 0.95, 1];

    await batches(4);
    await resetTo(0, throughout);
    world.simulator.clock.advance(HOUR);
    await batches(8);
    await resetTo(1, throughout);
    await resetTo(0, late);
    expect(world.simulator.calls()).toMatchObject({ create: 8, cancel: 0 });
    world.simulator.clock.advance(HOUR);

    const summary = await job.result();
    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ state: 'completed', chunks: 12, batches: 8, failures: [] });
    expect(results.map(({ status }) => status)).toEqual(
      input.map((_, index) => (sent(index) ? 'succeeded' : 'not_sent')),
    );
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls()).toMatchObject({ create: 8, cancel: 0 });
  },
  3 * LONG,
);

/**
 * Starts a job of three segments and waits until two batches are in flight. Resets it to its start, and
 * cancels it while it holds a step of its planning.
 */
async function canceledIn(step: string) {
  const world = await jobWorld({ duration: HOUR, cancelDuration: 300, cancelFinishes: 0 });
  const held = new Held();
  await runWorker(world, {}, { workflowBundle: await smallSegments(), interceptors: held.interceptors });
  const limits = { chunkSize: 1, maxBatchesInFlight: 2 };
  const job = await world.start({ input: { documents: documents(20) }, ...limits });
  await eventually(async () => (await world.simulator.batches()).length === 2);
  const { points, ...run } = await resetPoints(world, job.id);
  await reset(world, run, points[0]);
  await eventually(
    async () => (await world.client.workflow.getHandle(job.id).describe()).runId !== run.runId,
  );
  held.activity = step;
  await eventually(() => held.isHeld);
  await job.cancel();
  return { world, job, held };
}

const runningBelow = async ({ client }: JobWorld, { id }: JobHandle) =>
  (
    await collect(
      client.workflow.list({ query: `WorkflowId STARTS_WITH "${id}/" AND ExecutionStatus = "Running"` }),
    )
  ).map(({ workflowId }) => workflowId);

test.concurrent(
  'a job with segments that is reset, and canceled while its last planning step ends, buys nothing more',
  async () => {
    const { world, job, held } = await canceledIn('anthropicFindEqual');
    // The step ends although it was to be canceled, as one that has just finished does.
    await eventually(async () => (await job.progress()).state === 'canceling');
    held.release();
    await expect(job.result()).rejects.toThrow('canceled');
    await eventually(async () => (await runningBelow(world, job)).length === 0);
    expect(await world.simulator.batches()).toHaveLength(2);
    const summary = (await job.summary())!;
    expect(summary).toMatchObject({ state: 'canceled', batches: 2, documents: 20 });
  },
  LONG,
);

test.concurrent(
  'segments of a job that is reset, and canceled while it plans, end',
  async () => {
    const { world, job, held } = await canceledIn('anthropicPlan');
    held.release();
    await expect(job.result()).rejects.toThrow('canceled');
    world.simulator.clock.advance(HOUR);
    await eventually(async () => (await runningBelow(world, job)).length === 0, { timeout: LONG });
    for (const reconciliation of await world.batches.reconcile({ job: job.id }))
      await reconciliation.result();
    expect(await job.summary()).toMatchObject({ succeeded: 2, batches: 2 });
  },
  LONG,
);
