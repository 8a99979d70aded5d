import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { wholeFailure } from '../../../src/client/whole-failure';
import { keepProblem, wholeMessage } from '../../../src/records/problems';
import { MemoryStore } from '../../support/memory-store';

const job = { id: 'job', instance: 'i' };
const problem = { publicMessage: 'Line 2 is invalid.', message: 'Document "d" (line 2) is $& invalid.' };

test('a failure of a chunk’s step is shown with its full message, however Temporal wraps it', async () => {
  const store = new MemoryStore();
  const wholeMessageInStore = await keepProblem(store, { job, chunk: 3 }, problem);
  const cause = ApplicationFailure.create({
    message: problem.publicMessage,
    details: [{ wholeMessageInStore }],
  });
  const failed = new Error('Workflow execution failed', {
    cause: new Error('Activity task failed', { cause }),
  });
  expect(await wholeFailure(store, failed)).toBe(problem.message);
  store.entries.clear();
  expect(await wholeFailure(store, failed)).toBe(problem.publicMessage);
});

test('a message within words of a workflow is replaced by its full message', async () => {
  const store = new MemoryStore();
  await keepProblem(store, { job, chunk: 3 }, problem);
  await keepProblem(store, { job, chunk: 3 }, { publicMessage: 'Line 2', message: 'Line 2 of the input' });
  const whole = (text: string, chunk = 3) => wholeMessage(store, { job, chunk }, text);
  expect(await whole(problem.publicMessage)).toBe(problem.message);
  expect(await whole(`The chunk failed: ${problem.publicMessage}`)).toBe(
    `The chunk failed: ${problem.message}`,
  );
  expect(await whole('The chunk failed: something else.')).toBe('The chunk failed: something else.');
  expect(await whole(problem.publicMessage, 4)).toBe(problem.publicMessage);
});
