import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { poll, retry } from '../../../src/async/retry';

const HOUR = 3_600_000;

test('a call is made again after the pauses of its schedule, until it succeeds', async () => {
  const began = performance.now();
  const asked: [string, number][] = [];
  let calls = 0;
  const result = await retry(
    async () => {
      calls += 1;
      if (calls < 4) throw new Error(`of call ${calls}`);
      return 'done';
    },
    {
      schedule(failure, tries) {
        asked.push([(failure as Error).message, tries]);
        return 10 * 2 ** tries;
      },
    },
  );
  expect(result).toBe('done');
  expect(asked).toEqual([
    ['of call 1', 0],
    ['of call 2', 1],
    ['of call 3', 2],
  ]);
  // A timer may be a millisecond early.
  expect(performance.now() - began).toBeGreaterThan(67);
});

test('a failure that the schedule has no pause for is thrown', async () => {
  let calls = 0;
  const result = retry(
    async () => {
      calls += 1;
      throw new Error('permanent');
    },
    { schedule: (_, tries) => (tries < 1 ? 0 : undefined) },
  );
  await expect(result).rejects.toThrow('permanent');
  expect(calls).toBe(2);
});

test('a signal ends a pause with its reason, and no call begins afterwards', async () => {
  const stop = new AbortController();
  let calls = 0;
  const result = retry(
    async () => {
      calls += 1;
      throw new Error('for now');
    },
    { schedule: () => HOUR, signal: stop.signal },
  );
  const thrown = expect(result).rejects.toThrow('stopped');
  await sleep(10);
  stop.abort(new Error('stopped'));
  await thrown;
  await expect(
    retry(async () => expect.unreachable(), { schedule: () => 0, signal: stop.signal }),
  ).rejects.toThrow('stopped');
  expect(calls).toBe(1);
});

test('a poll asks until there is an answer, but only for so long', async () => {
  let asked = 0;
  const third = async () => {
    asked += 1;
    return asked === 3 ? 'there' : undefined;
  };
  expect(await poll(third, { every: 1, atMost: HOUR })).toBe('there');
  expect(asked).toBe(3);

  const began = performance.now();
  expect(await poll(async () => undefined, { every: 10, atMost: 50 })).toBeUndefined();
  expect(performance.now() - began).toBeGreaterThanOrEqual(50);
});

test('a poll without time asks once', async () => {
  let asked = 0;
  const never = async () => {
    asked += 1;
    return undefined;
  };
  expect(await poll(never, { every: HOUR, atMost: 0 })).toBeUndefined();
  expect(asked).toBe(1);
});

test('a poll ends with the reason of its signal, and with the failure of a call', async () => {
  const stop = new AbortController();
  const stopped = poll(async () => undefined, { every: HOUR, atMost: HOUR, signal: stop.signal });
  const thrown = expect(stopped).rejects.toThrow('stopped');
  await sleep(10);
  stop.abort(new Error('stopped'));
  await thrown;
  await expect(
    poll(() => Promise.reject(new Error('of the call')), { every: HOUR, atMost: HOUR }),
  ).rejects.toThrow('of the call');
});
