import { describe, expect, it, test } from 'vitest';
import { refusedEvent, type TaskEnd, taskFailures, undoes } from '../../../src/job/stuck';

const NONDETERMINISM = 24;
const UNHANDLED_FAILURE = 14;
const START_TO_CLOSE = 1;
const SCHEDULE_TO_START = 2;

const failed = (event: number, cause = NONDETERMINISM, message = `refused at ${event}`): TaskEnd => ({
  kind: 'failed',
  event,
  at: event * 1_000,
  cause,
  message,
});
const timedOut = (event: number, timeout = START_TO_CLOSE): TaskEnd => ({
  kind: 'timed out',
  event,
  at: event * 1_000,
  timeout,
});

describe('a workflow is stuck', () => {
  test.each<[string, TaskEnd[], number, object]>([
    [
      'if the first attempt failed and two more have begun, which the SDK lets time out',
      [failed(30)],
      4,
      { failures: 3, reason: 'replay', since: '1970-01-01T00:00:30.000Z', message: 'refused at 30' },
    ],
    [
      'if new events restart the server’s count each time',
      [failed(38), failed(34), failed(30)],
      1,
      { failures: 3, since: '1970-01-01T00:00:30.000Z', message: 'refused at 38' },
    ],
    ['by both', [failed(34), failed(30)], 3, { failures: 3 }],
    ['if its code throws', [failed(30, UNHANDLED_FAILURE)], 5, { failures: 4, reason: 'error' }],
    [
      'if no worker finishes its task in time',
      [timedOut(38), timedOut(34), timedOut(30)],
      2,
      { failures: 3, reason: 'timeout', message: 'No worker finished the workflow task in time.' },
    ],
    [
      'also if its task timed out after it failed',
      [timedOut(34), failed(30)],
      3,
      { failures: 3, reason: 'replay' },
    ],
  ])('%s', (_, ends, attempt, expected) => {
    expect(taskFailures(ends, attempt)).toMatchObject(expected);
  });
});

describe('a workflow is not stuck', () => {
  test.each<[string, TaskEnd[], number]>([
    ['that only waits for a worker', [], 1],
    ['whose task failed once', [failed(30)], 2],
    ['whose task failed twice, as when workers are replaced', [failed(30)], 3],
    ['that a killed worker left twice', [timedOut(34), timedOut(30)], 2],
    ['whose worker left its own queue', [30, 34, 38].map((event) => timedOut(event, SCHEDULE_TO_START)), 9],
    ['that was reset', [failed(30, 20)], 9],
    ['whose new events overtook its task', [38, 34, 30].map((event) => failed(event, 1)), 1],
    ['that was reset after it failed', [failed(34, 20), failed(30)], 9],
  ])('%s', (_, ends, attempt) => {
    expect(taskFailures(ends, attempt)).toBeUndefined();
  });
});

test.each([
  ['[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 70, TimerStarted)', 70],
  ['[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: 5, X)', 5],
  ["Activity id of scheduled event '1' does not match activity id of activity command '2'", undefined],
  ['', undefined],
])('the event that a replay refuses: %s', (message, event) => {
  expect(refusedEvent(message)).toBe(event);
});

describe('a Reset', () => {
  const refused = { message: 'No command scheduled for event HistoryEvent(id: 26, TimerStarted)' };

  it('goes back to the task whose commands are refused, and not to a later one', () => {
    const points = [32, 24, 20].filter((event) => undoes({ kind: 'completed', event }, refused));
    expect(points).toEqual([24, 20]);
  });

  it('goes back to the last completed task if no event is named', () => {
    expect(undoes({ kind: 'completed', event: 32 }, { message: 'boom' })).toBe(true);
  });

  it('never goes back to a failed task', () => {
    expect(undoes(failed(20), refused)).toBe(false);
    expect(undoes(timedOut(20), { message: 'boom' })).toBe(false);
  });
});
