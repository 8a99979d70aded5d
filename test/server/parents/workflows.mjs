// Workflows of a user that run jobs as their children. Only a bundler loads this file.
import { ApplicationFailure, continueAsNew, proxyActivities } from '@temporalio/workflow';
import { batchJob } from 'temporal-anthropic-batch/workflows';

export * from 'temporal-anthropic-batch/workflows';

const { load, loadSpec, answers, forget } = proxyActivities({ startToCloseTimeout: '1 minute' });

export async function summarize(name, count, options) {
  const ref = await load(name, count);
  const summary = await batchJob({ input: { ref }, ...options });
  return { summary, answers: await answers(summary) };
}

export async function summarizeBySpecRef(name, count, spec) {
  const ref = await load(name, count);
  const specRef = await loadSpec(spec);
  const summary = await batchJob({ input: { ref }, specRef });
  await forget(ref);
  await forget(specRef);
  return summary;
}

/** Three jobs at a time, under names that resemble each other. */
export async function summarizeThrice(name, count, options) {
  const ref = await load(name, count);
  return await Promise.all([
    batchJob({ input: { ref }, ...options }),
    batchJob({ input: { ref }, ...options, name: 'batch-2' }),
    batchJob({ input: { ref }, ...options }),
  ]);
}

/** What a job starts when it ends. */
export async function noted(summary, ...args) {
  if (args.includes('fail')) throw ApplicationFailure.nonRetryable('The team cannot be notified.');
  return { state: summary.state, documents: summary.documents, args };
}

/** One job a run. */
export async function nightly(name, nights, options) {
  const ref = await load(`${name} ${nights}`, 3);
  await batchJob({ input: { ref }, ...options });
  if (nights > 1) await continueAsNew(name, nights - 1, options);
}
