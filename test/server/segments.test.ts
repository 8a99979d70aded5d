import { beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually';
import { checkedResults, expectAllAnswered, expectBilledOnce } from '../support/job-checks';
import { documents, type JobServer, jobServer, workingWorld } from '../support/job-world';

let shared: JobServer;

beforeAll(async () => {
  shared = await jobServer();
});

test('a set of more chunks than one workflow can carry goes through in segments, within the limits of the job', async () => {
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
}, 400_000);

test('a segment whose workflow is terminated has its batches canceled and its paid answers kept; what had ended stands', async () => {
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
}, 400_000);
