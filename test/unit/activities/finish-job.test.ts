import { expect, test } from 'vitest';
import type { FinishJobInput } from '../../../src/job/activity-types';
import type { JobSummary } from '../../../src/job/job';
import { jobSummary } from '../../support/chunks';
import { environment, Stage } from './support';

/** Ends a job with one chunk that was not sent. */
async function ended(input: Pick<FinishJobInput, 'state' | 'failure' | 'failureType'>) {
  const stage = await Stage.of();
  await stage.finish({ canceled: input.state === 'canceled' });
  const told: JobSummary = await environment().run(stage.worker().anthropicFinishJob, {
    job: stage.job,
    chunks: 1,
    documents: 3,
    ...input,
  });
  return { told, stored: jobSummary(stage.store, stage.job) };
}

test('a canceled job has no failure, although its workflow failed', async () => {
  const why = { failure: 'Workflow canceled', failureType: 'CancelledFailure' };
  const { told, stored } = await ended({ state: 'canceled', ...why });
  expect(told).toMatchObject({ state: 'canceled', failed: 3 });
  expect([told.failure, told.failureType]).toEqual([undefined, undefined]);
  expect(stored).not.toHaveProperty('failure');
  expect(stored).not.toHaveProperty('failureType');
});

test('a failed job has one', async () => {
  const why = { failure: 'It broke.', failureType: 'anthropic.Unexpected' };
  const { told, stored } = await ended({ state: 'failed', ...why });
  expect(told).toMatchObject(why);
  expect(stored).toMatchObject(why);
});

test('the counts of its errors are in the store and not in Temporal', async () => {
  const { told, stored } = await ended({ state: 'canceled' });
  expect(stored.errors).toEqual([{ type: 'canceled', message: 'The job was canceled.', documents: 3 }]);
  expect(told.errors).toBeUndefined();
});
