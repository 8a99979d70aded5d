import { describe, expect, test } from 'vitest';
import { FAILURE } from '../../../src/job/failure';
import { earlyStepPause, WAITED_FOR, workerLacks } from '../../../src/job/worker-wait';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

const pause = (more: Partial<Parameters<typeof earlyStepPause>[0]> = {}) =>
  earlyStepPause({
    ...{ type: FAILURE.unknownBuilder, tries: 0, waited: 0, atMost: DAY, atLeast: 0, spread: 0 },
    ...more,
  });

describe('a step before anything is sent', () => {
  test('waits for another worker that may have what is missing, for an API that answers, and for a live worker', () => {
    const waited = Object.values(FAILURE).filter((type) => pause({ type }) !== undefined);
    expect(waited.sort()).toEqual([
      'anthropic.Authentication',
      'anthropic.Limited',
      'anthropic.MalformedReply',
      'anthropic.NoInputs',
      'anthropic.SpecVersion',
      'anthropic.Store',
      'anthropic.StoreMismatch',
      'anthropic.Unavailable',
      'anthropic.Unexpected',
      'anthropic.UnknownBuilder',
      'anthropic.UnknownWebhook',
    ]);
    // A worker of the queue without the plugin, and one that died.
    expect(pause({ type: 'NotFoundError' })).toBe(SECOND);
    expect(pause({ type: undefined })).toBe(SECOND);
    expect(WAITED_FOR).not.toContain(FAILURE.inputNotFound);
  });

  test('pauses a second longer each time, and at least as long as the API requests', () => {
    expect([0, 1, 2, 8, 59].map((tries) => pause({ tries })! / SECOND)).toEqual([1, 2, 3, 9, 60]);
    expect(pause({ tries: 1, spread: 1 })).toBe(3 * SECOND);
    expect(pause({ type: FAILURE.limited, atLeast: 40 * SECOND })).toBe(40 * SECOND);
  });

  test('is tried a last time when the time is over', () => {
    expect(pause({ tries: 20, waited: DAY - 7 * SECOND })).toBe(7 * SECOND);
    expect(pause({ tries: 21, waited: DAY })).toBeUndefined();
    expect(pause({ atMost: 0 })).toBeUndefined();
  });

  test.each([
    [1, 372],
    [30, 2_036],
  ])('stays far below Temporal’s limit on a history: in %i days it is tried %i times', (days, expected) => {
    const atMost = days * DAY;
    let tries = 0;
    for (let waited = 0, next = pause({ atMost }); next !== undefined; tries += 1) {
      waited += next;
      next = pause({ atMost, tries: tries + 1, waited, spread: 0.5 });
    }
    expect(tries).toBe(expected);
  });
});

test('failures that another worker can resolve are distinguished from those that no worker can', () => {
  expect(Object.values(FAILURE).filter(workerLacks)).toHaveLength(7);
  for (const type of [FAILURE.inputInvalid, FAILURE.overBudget, FAILURE.unavailable]) {
    expect(workerLacks(type)).toBe(false);
  }
});
