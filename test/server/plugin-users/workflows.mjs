// A user's own workflows file, beside this package's.
import { proxyActivities } from '@temporalio/workflow';

export * from 'temporal-anthropic-batch/workflows';

const { greet } = proxyActivities({ startToCloseTimeout: '10s' });

export async function greeting(name) {
  return await greet(name);
}
