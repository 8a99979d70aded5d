import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { concurrencyLimit } from '../../../activities/runtime/concurrency-limit';

const never = new AbortController().signal;

/** Work that lasts until the test ends it. */
function work() {
  let end = (_?: Error) => {};
  let started = false;
  const done = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve());
  });
  const run = async () => {
    started = true;
    await done;
  };
  return { run, done, end: (error?: Error) => end(error), started: () => started };
}

test('at most this many run at a time, the others in order, also after a failure', async () => {
  const heavy = concurrencyLimit(2);
  const works = Array.from({ length: 4 }, work);
  const all = works.map(({ run }) => heavy(run, never).catch((error: Error) => error.message));
  const started = () => works.map((each) => each.started());
  await turn();
  expect(started()).toEqual([true, true, false, false]);
  works[1]!.end(new Error('failed'));
  await turn();
  expect(started()).toEqual([true, true, true, false]);
  works[0]!.end();
  await turn();
  expect(started()).toEqual([true, true, true, true]);
  for (const each of works) each.end();
  expect(await Promise.all(all)).toEqual([undefined, 'failed', undefined, undefined]);
});

test('work canceled while it waits never starts and takes no slot', async () => {
  const heavy = concurrencyLimit(1);
  const [first, canceled, last] = [work(), work(), work()];
  const cancel = new AbortController();
  const running = heavy(first.run, never);
  const waiting = heavy(canceled.run, cancel.signal).catch((error) => error.name);
  const behind = heavy(last.run, never);
  cancel.abort();
  expect(await waiting).toBe('AbortError');
  first.end();
  await turn();
  expect([canceled.started(), last.started()]).toEqual([false, true]);
  last.end();
  await Promise.all([running, behind]);
});

test('work canceled at the moment of its turn passes the turn on', async () => {
  const heavy = concurrencyLimit(1);
  const [first, canceled, last] = [work(), work(), work()];
  const cancel = new AbortController();
  const running = heavy(first.run, never);
  const waiting = heavy(canceled.run, cancel.signal).catch((error) => error.name);
  const behind = heavy(last.run, never);
  await turn();
  // Just after the end of the first, and just before the second continues.
  void first.done.then(() => undefined).then(() => cancel.abort());
  first.end();
  await running;
  expect(await waiting).toBe('AbortError');
  await turn();
  expect([canceled.started(), last.started()]).toEqual([false, true]);
  last.end();
  await behind;
});
