import type { JobProgress } from 'temporal-anthropic-batch/client';
import { beforeAll, expect, test } from 'vitest';
import { PROGRESS } from '../../src/job/names';
import { eventually } from '../support/eventually';
import { checkedResults, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobServer, jobServer, workingWorld } from '../support/job-world';
import { type ResetPoints, reset, resetPoints } from '../support/resets';

/** Some 250 chunks take minutes where the machine is busy with something else, too. */
const LONG = 600_000;

let shared: JobServer;

beforeAll(async () => {
  shared = await jobServer();
});

test(
  'a set of more chunks than one workflow can carry goes through in segments, within the limits of the job',
  async () => {
    const world = await workingWorld(shared);
    const input = documents(255);
    const job = await world.start({ input: { documents: input }, chunkSize: 1, maxBatchesInFlight: 80 });
    const summary = await job.result();
    expect(summary).toMatchObject({ chunks: 255, batches: 255 });
    await expectAllAnswered(job, summary, input);
    await expectBilledOnce(world.simulator, summary);

    const workflows = new Map<string, number>();
    for await (const { type } of shared.client.workflow.list({
      query: `WorkflowId = "${job.id}" OR WorkflowId STARTS_WITH "${job.id}/"`,
    })) {
      workflows.set(type, (workflows.get(type) ?? 0) + 1);
    }
    expect(Object.fromEntries(workflows)).toEqual({
      anthropicDocumentSet: 1,
      anthropicSegment: 2,
      anthropicMessageBatch: 255,
    });
  },
  3 * LONG,
);

test(
  'a segment whose workflow is terminated has its batches canceled and its paid answers kept; what had ended stands',
  async () => {
    const world = await workingWorld(shared, {
      duration: ({ number }) => (number < 6 ? 3_600_000 : 300),
      cancelFinishes: 1,
      faults: { http: [{ kind: 'status', endpoint: 'create', status: 400 }] },
    });
    const input = documents(252);
    const job = await world.start({ input: { documents: input }, chunkSize: 1, maxBatchesInFlight: 6 });
    await eventually(async () => (await world.simulator.batches()).length === 6);

    await shared.client.workflow.getHandle(`${job.id}/segment-0`).terminate('by hand');
    const summary = await job.result();
    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ chunks: 252, succeeded: 8, batches: 8 });
    // The chunk that had failed keeps its own reason, the others have the segment's.
    const reasons = new Map<string, number>();
    for (const { error } of results) {
      if (error) reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
    }
    expect(Object.fromEntries(reasons)).toEqual({
      'The Anthropic API answered 400 invalid_request_error: Simulated 400': 1,
      Terminated: 243,
    });
    await expectBilledOnce(world.simulator, summary);
  },
  3 * LONG,
);

test(
  'a running segment that is reset buys nothing again, cancels no batch, and the results are the same',
  async () => {
    const HOUR = 3_600_000;
    const world = await workingWorld(shared, { duration: HOUR });
    // Most chunks have nothing to send, and cost little: the first segment begins and ends with some that have. Its fifth has
    // to wait for the requests of the four before, and all behind it wait too.
    const sent = (index: number) => index < 5 || index >= 249;
    const input = documents(252, (index) => `Document ${index}${sent(index) ? '' : 'x'.repeat(1_000)}`);
    const limits = { chunkSize: 1, chunkBytes: 1_000, maxBatchesInFlight: 10, maxRequestsInFlight: 4 };
    const job = await world.start({ input: { documents: input }, ...limits });

    /** Resets a segment to one workflow task after the other, and waits each time until it knows of all its batches again. */
    const resetTo = async (
      segment: number,
      batches: number,
      points: (run: ResetPoints) => ResetPoints['points'],
    ) => {
      const workflow = shared.client.workflow.getHandle(`${job.id}/segment-${segment}`);
      const count = points(await resetPoints(shared, workflow.workflowId)).length;
      for (let index = 0; index < count; index += 1) {
        const run = await resetPoints(shared, workflow.workflowId);
        await reset(shared, run, points(run)[index]!);
        const takenUp = async () => {
          const progress = await workflow.query<JobProgress>(PROGRESS);
          expect(progress).toMatchObject({ batches });
          return true;
        };
        await eventually(takenUp, {
          timeout: LONG,
          // Each look is a query: see docs/operations.md for what those can do to a workflow.
          interval: 500,
          what: `segment ${segment}, reset to ${points(run)[index]}`,
        });
      }
    };
    const throughout = ({ points }: ResetPoints) =>
      [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => points[Math.floor(part * (points.length - 1))]!);
    const late = ({ points }: ResetPoints) => points.slice(-5);
    const inFlight = (count: number) =>
      eventually(
        async () => {
          expect(await job.progress()).toMatchObject({ batches: count });
          return true;
        },
        { timeout: LONG },
      );

    await inFlight(4);
    await resetTo(0, 4, throughout);
    world.simulator.clock.advance(HOUR);
    // Two chunks of the first segment run beside those of the second, which have what the first let go of.
    await inFlight(8);
    await resetTo(1, 2, throughout);
    await resetTo(0, 6, late);
    expect(world.simulator.calls()).toMatchObject({ create: 8, cancel: 0 });
    world.simulator.clock.advance(HOUR);

    const summary = await job.result();
    const results = await checkedResults(job, summary, input);
    expect(summary).toMatchObject({ state: 'completed', chunks: 252, batches: 8, failures: [] });
    expect(results.map(({ status }) => status)).toEqual(
      input.map((_, index) => (sent(index) ? 'succeeded' : 'not_sent')),
    );
    await expectBilledOnce(world.simulator, summary);
    expect(world.simulator.calls()).toMatchObject({ create: 8, cancel: 0 });
  },
  3 * LONG,
);
