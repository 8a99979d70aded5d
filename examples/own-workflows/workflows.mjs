// Runs in the Workflow sandbox. A workflows file needs only the first line for this package.
export * from 'temporal-anthropic-batch/workflows';

import { proxyActivities } from '@temporalio/workflow';
import { batchJob } from 'temporal-anthropic-batch/workflows';

const { loadReviews, countVerdicts } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** Lets Claude judge the reviews of a file, and counts the verdicts. The job may take a day. */
export async function judgeReviews(file) {
  const ref = await loadReviews(file);
  const summary = await batchJob({
    input: { ref },
    name: 'reviews',
    spec: {
      template: {
        model: 'claude-haiku-5-5',
        max_tokens: 20,
        messages: [{ role: 'user', content: 'Is this review good or bad? One word.\n\n{{text}}' }],
      },
      pollFloor: '1s',
    },
  });
  return await countVerdicts(summary);
}
