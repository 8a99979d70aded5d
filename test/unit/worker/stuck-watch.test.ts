import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { watchForStuck } from '../../../src/worker/stuck-watch';
import { eventually } from '../../support/eventually';

test('a worker whose check for stuck workflows fails warns and checks again, until it ends', async () => {
  const queries: string[] = [];
  const list = ({ query }: { query: string }) => {
    queries.push(query);
    throw new Error('permission denied');
  };
  const warnings: string[] = [];
  const ended = new AbortController();
  const watch = watchForStuck({
    client: { workflow: { list } } as unknown as Client,
    taskQueue: 'a "queue"',
    warn: (message) => warnings.push(message),
    signal: ended.signal,
    times: { first: 1, every: 1 },
  });
  await eventually(() => warnings.length >= 2, { interval: 1 });
  ended.abort();
  await watch;
  expect(warnings[0]).toBe('The check for stuck workflows failed: permission denied');
  expect(queries[0]).toBe(
    'TaskQueue = "a \\"queue\\"" AND ExecutionStatus = \'Running\' ' +
      "AND WorkflowType IN ('anthropicDocumentSet', 'anthropicReconcileJob')",
  );
});
