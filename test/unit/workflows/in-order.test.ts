import { expect, test } from 'vitest';
import { inOrder } from '../../../workflows/in-order';

test('what is told one after the other arrives so, however long each takes', async () => {
  const arrived: string[] = [];
  const order = inOrder();
  const told = (name: string, turns: number) =>
    order(async () => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      arrived.push(name);
    });
  await Promise.all([told('pause', 3), told('resume', 1), told('pause again', 0)]);
  expect(arrived).toEqual(['pause', 'resume', 'pause again']);
});
