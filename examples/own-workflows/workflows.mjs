// Runs in the Workflow sandbox. The first line is all that this package needs of a workflows file.
export * from 'temporal-anthropic-batch/workflows';

import { proxyActivities } from '@temporalio/workflow';

// `answer` waits for a job, which may take a day; that its worker died shows by the heartbeats that stay away.
const { answer } = proxyActivities({ startToCloseTimeout: '2 days', heartbeatTimeout: '30s' });
const { report } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** Has reviews judged by Claude, and counts the verdicts. */
export async function judgeReviews(reviews) {
  const job = await answer(reviews);
  return await report(job);
}
