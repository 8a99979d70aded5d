// Runs in the Workflow sandbox. A workflows file needs only the first line for this package.
export * from 'temporal-anthropic-batch/workflows';

import { proxyActivities } from '@temporalio/workflow';

// `answer` waits for a job, which may take a day. Missing heartbeats show that its worker died.
const { answer } = proxyActivities({ startToCloseTimeout: '2 days', heartbeatTimeout: '30s' });
const { report } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** Lets Claude judge reviews, and counts the verdicts. */
export async function judgeReviews(reviews) {
  const job = await answer(reviews);
  return await report(job);
}
