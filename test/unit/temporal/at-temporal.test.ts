import { WorkflowNotFoundError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { DOCUMENT_SET, JOB_MEMO } from '../../../src/job/names';
import { isRunning } from '../../../src/temporal/at-temporal';

const JOB = { id: 'a', instance: 'mine', store: 's' };

/** A client of a server that describes the job's workflow in this way, or fails. */
function clientOf(described: object | Error) {
  const describe = async () => {
    if (described instanceof Error) throw described;
    return described;
  };
  const deadlines: number[] = [];
  const connection = {
    withDeadline: (deadline: number, call: () => Promise<unknown>) => {
      deadlines.push(deadline);
      return call();
    },
  };
  const getHandle = (id: string) => (id === JOB.id ? { describe } : undefined);
  return { client: { connection, workflow: { getHandle } } as never, deadlines };
}

const workflow = (status: string, instance?: string, type = DOCUMENT_SET) => ({
  type,
  status: { name: status },
  memo: instance === undefined ? undefined : { [JOB_MEMO]: { instance } },
});

test.each([
  ['runs', workflow('RUNNING', 'mine'), true],
  ['is paused by an operator', workflow('PAUSED', 'mine'), true],
  ['is a firing before its first task', workflow('RUNNING'), true],
  ['was terminated', workflow('TERMINATED', 'mine'), false],
  ['was canceled', workflow('CANCELLED', 'mine'), false],
  ['has a successor of the same id', workflow('RUNNING', 'other'), false],
  ['shares its id with a workflow of another type', workflow('RUNNING', 'mine', 'stranger'), false],
  ['is unknown to Temporal', new WorkflowNotFoundError('gone', 'a', undefined), false],
  ['cannot be asked about', new Error('14 UNAVAILABLE'), undefined],
])('a job that %s', async (_, described, expected) => {
  const { client, deadlines } = clientOf(described);
  expect(await isRunning(client, JOB)).toBe(expected);
  // It never waits for Temporal for longer than 5 seconds.
  expect(deadlines).toHaveLength(1);
  expect(deadlines[0]! - Date.now()).toBeLessThanOrEqual(5_000);
});
