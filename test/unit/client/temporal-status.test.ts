import { WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { endOf, isCancelRequested } from '../../../src/client/temporal/temporal-status';
import { JOB_MEMO } from '../../../src/job/names';

interface Run {
  runId: string;
  /** The job's instance. Unset in a firing before its first task. */
  instance?: string;
  status: string;
}

/**
 * A client of a server with these runs of one workflow id, newest first. The list still has `forgotten` ones.
 */
function contextOf(runs: Run[], forgotten: string[] = []) {
  const told = ({ runId, instance, status }: Run) => ({
    runId,
    memo: instance === undefined ? undefined : { [JOB_MEMO]: { instance } },
    status: { name: status },
  });
  const describe = async (runId = runs[0]?.runId) => {
    const run = runs.find((it) => it.runId === runId);
    if (!run || forgotten.includes(run.runId)) throw new WorkflowNotFoundError('gone', 'a', runId);
    return told(run);
  };
  const workflow = {
    getHandle: (_: string, runId?: string) => ({ describe: () => describe(runId) }),
    list: async function* () {
      yield* runs.map(told);
    },
  };
  return { client: { workflow } } as never;
}

const job = (instance: string) => ({ id: 'a', instance, store: 's' });
const runs: Run[] = [
  { runId: 'r4', instance: 'new', status: 'COMPLETED' },
  { runId: 'r3', instance: 'old', status: 'TERMINATED' },
  { runId: 'r2', instance: 'old', status: 'FAILED' },
  { runId: 'r1', status: 'CANCELLED' },
];

describe('an earlier job with the same id has its own end', () => {
  test.each([
    ['new', 'COMPLETED'],
    // Its own end, not the newer job's. With two runs, as after a Reset, the later one counts.
    ['old', 'TERMINATED'],
    ['r1', 'CANCELLED'],
    ['other', undefined],
  ])('the job %s ended as %s', async (instance, end) => {
    expect(await endOf(contextOf(runs), job(instance))).toBe(end);
  });
});

test('a run that is in the list but that the server has forgotten is unknown', async () => {
  expect(await endOf(contextOf(runs, ['r3', 'r2']), job('old'))).toBeUndefined();
  expect(await endOf(contextOf([]), job('old'))).toBeUndefined();
});

test('a cancel request is visible as soon as the server has it', () => {
  const description = (workflowExtendedInfo: object | null) => ({ raw: { workflowExtendedInfo } }) as never;
  expect(isCancelRequested(description({ cancelRequested: true }))).toBe(true);
  expect(isCancelRequested(description({ cancelRequested: false }))).toBe(false);
  expect(isCancelRequested(description(null))).toBe(false);
});
