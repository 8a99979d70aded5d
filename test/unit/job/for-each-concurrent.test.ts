import { expect, test } from 'vitest';
import { forEachConcurrent } from '../../../src/job/for-each-concurrent';

/** Enough turns of the event loop for every task that can begin. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a limited number of tasks run at a time, and all of them run', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachConcurrent(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('fewer tasks than places', async () => {
  const done: number[] = [];
  await forEachConcurrent(10, [1], async (item) => void done.push(item));
  await forEachConcurrent(10, [], async () => expect.unreachable());
  expect(done).toEqual([1]);
});

test('a task that fails does not end the others, and its failure is thrown when they have ended', async () => {
  const done: number[] = [];
  const all = forEachConcurrent(2, [1, 2, 3, 4], async (item) => {
    if (item === 1) throw new Error('the first');
    await turn();
    done.push(item);
  });
  await expect(all).rejects.toThrow('the first');
  expect(done).toEqual([2, 3, 4]);
});

test('tasks that all fail leave no item out, and the first failure is thrown', async () => {
  const tried: number[] = [];
  const all = forEachConcurrent(2, [1, 2, 3, 4], async (item) => {
    tried.push(item);
    if (item === 1) await turn();
    throw new Error(`of ${item}`);
  });
  await expect(all).rejects.toThrow('of 2');
  expect(tried).toEqual([1, 2, 3, 4]);
});

test('a stream is read as far as tasks run, and its failure ends the items', async () => {
  let read = 0;
  async function* stream() {
    for (read = 1; read <= 5; read += 1) yield read;
    throw new Error('of the stream');
  }
  const done: number[] = [];
  const all = forEachConcurrent(2, stream(), async (item) => {
    expect(read - item).toBeLessThan(2);
    await turn();
    done.push(item);
  });
  await expect(all).rejects.toThrow('of the stream');
  expect(done).toEqual([1, 2, 3, 4, 5]);
});
