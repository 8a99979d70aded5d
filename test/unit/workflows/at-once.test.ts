import { expect, test } from 'vitest';
import { forEachConcurrent } from '../../../workflows/pool/for-each-concurrent';

/** Turns of the event loop: enough for whatever could begin to have begun. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('so many tasks run at a time, and all are run', async () => {
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

test('a task that fails ends its place only, and is told when the others have ended', async () => {
  const done: number[] = [];
  const all = forEachConcurrent(2, [1, 2, 3, 4], async (item) => {
    if (item === 1) throw new Error('the first');
    await turn();
    done.push(item);
  });
  await expect(all).rejects.toThrow('the first');
  expect(done).toEqual([2, 3, 4]);
});
