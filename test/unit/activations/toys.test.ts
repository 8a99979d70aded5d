/**
 * Shows why the product's workflows run under interceptors of their own. For a query, the SDK may pass the
 * events of one workflow task in two activations, while a replay passes them in one. These toys show the
 * effect with SDK 1.24.0. If a row fails, the SDK now orders commands differently: check whether the
 * interceptors are still needed.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fc from '../../support/fc';
import { Choices, paths } from './choices';
import { activityCompleted, type Event, signaled, timerFired } from './events';
import { comparePath } from './path';
import { load, Run, started, type Workflows } from './vm';

let workflows: Workflows;
beforeAll(async () => {
  workflows = await load('toys.ts', 'interceptors.ts');
}, 600_000);
afterAll(() => workflows.destroy());

const START = 1_800_000_000_000;
const EVENTS: Record<string, Event> = {
  timer: timerFired(1),
  step: activityCompleted(1, null),
  signal: signaled('signal'),
};

/** The commands of a toy for two events, in two activations and in one. */
async function commands(toy: string, interceptors: string, ...activations: string[][]): Promise<string> {
  const start = { type: toy, args: [], interceptors };
  const run = await Run.create(workflows, start, START);
  try {
    await run.task({ events: [started(start, START)], time: START });
    const sent = await run.task(
      ...activations.map((events) => ({ events: events.map((name) => EVENTS[name]!), time: START + 60_000 })),
    );
    return sent.map(({ key }) => key.split(' ')[0]).join(', ');
  } finally {
    await run.dispose();
  }
}

interface Row {
  toy: string;
  events: [string, string];
  /** The commands, in order. */
  two: string;
  one: string;
}

/**
 * Commands that depend on a value set by a signal or update. No interceptor can help, so the product avoids
 * them.
 */
const BY_SIGNAL: Row[] = [
  { toy: 'handlerEmits', events: ['timer', 'signal'], two: 'activity, memo', one: 'memo, activity' },
  { toy: 'conditionEmits', events: ['signal', 'timer'], two: 'memo, activity', one: 'activity, memo' },
  { toy: 'stateIsRead', events: ['timer', 'signal'], two: 'timer', one: 'memo, timer' },
  { toy: 'pauses', events: ['timer', 'signal'], two: 'activity', one: 'timer' },
];

/** Continuations of different depth. */
const BY_DEPTH: Row[] = [
  { toy: 'twoLoops', events: ['step', 'timer'], two: 'activity, timer', one: 'timer, activity' },
  { toy: 'pool', events: ['step', 'timer'], two: 'activity, timer', one: 'timer, activity' },
  { toy: 'deepQueue', events: ['step', 'timer'], two: 'activity, timer', one: 'timer, activity' },
];

/** One loop emits all commands, and every event reaches its queue after as many async frames. */
const SAME: Row[] = [
  { toy: 'queue', events: ['step', 'timer'], two: 'activity, timer', one: 'activity, timer' },
  { toy: 'queue', events: ['timer', 'step'], two: 'timer, activity', one: 'timer, activity' },
];

describe('without interceptors', () => {
  test.each([...BY_SIGNAL, ...BY_DEPTH, ...SAME])('$toy: $events', async ({ toy, events, two, one }) => {
    const [first, second] = events;
    expect(await commands(toy, 'none', [first], [second])).toBe(two);
    expect(await commands(toy, 'none', [first, second])).toBe(one);
  });
});

describe('under the interceptors of OpenTelemetry, which wrap activities and children but not timers', () => {
  // A queue does not help if a user's interceptors change the depth of an activity but not of a timer.
  test('queue: step, timer', async () => {
    expect(await commands('queue', 'otel', ['step'], ['timer'])).toBe('activity, timer');
    expect(await commands('queue', 'otel', ['step', 'timer'])).toBe('timer, activity');
  });
});

describe.each(['turns', 'otel turns', 'turns otel'])(
  'under the product’s interceptors (%s)',
  (interceptors) => {
    const pairs = [...BY_DEPTH, ...SAME].flatMap(({ toy, events: [a, b] }) => [
      { toy, first: a, second: b },
      { toy, first: b, second: a },
    ]);
    test.each(pairs)('$toy: $first and $second', async ({ toy, first, second }) => {
      const two = await commands(toy, interceptors, [first], [second]);
      expect(two.split(', ')).toHaveLength(2);
      expect(await commands(toy, interceptors, [first, second])).toBe(two);
    });

    test.each(['twoLoops', 'deepQueue', 'busy'])(
      '%s along any path',
      async (type) => {
        const scenario = { type, args: [], interceptors, answer: () => null };
        await fc.assert(
          fc.asyncProperty(paths, async (path) => {
            await comparePath(workflows, scenario, new Choices(path), 'right', 'kinds of commands');
          }),
          { numRuns: 5, endOnFailure: true },
        );
      },
      300_000,
    );

    test.each(BY_SIGNAL)('$toy still depends on a signal', async ({ toy }) => {
      const two = await commands(toy, interceptors, ['timer'], ['signal']);
      expect(await commands(toy, interceptors, ['timer', 'signal'])).not.toBe(two);
    });
  },
);
