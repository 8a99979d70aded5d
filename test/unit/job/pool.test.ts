import { describe, expect, test } from 'vitest';
import {
  decidePool,
  NEW_POOL,
  type PoolCommand,
  type PoolEntry,
  type PoolPlan,
  type PoolState,
} from '../../../src/job/pool';
import fc from '../../support/fc';

const plan = (part: Partial<PoolPlan> = {}): PoolPlan => ({
  requests: [10, 10, 10, 10],
  slots: { batches: 2, requests: 100 },
  times: { pollFloor: 1_000, pollCeiling: 4_000 },
  ...part,
});
const state = (part: Partial<PoolState> = {}): PoolState => ({ ...NEW_POOL, ...part });
const running = (...parts: number[]) => state({ running: new Set(parts), next: parts.length });

const start = (part: number): PoolCommand => ({ kind: 'start', part });
const cancel = (part: number): PoolCommand => ({ kind: 'cancel', part });
const find = (part: number): PoolCommand => ({ kind: 'find', part });
const wait = (pause: number): PoolCommand => ({ kind: 'wait', pause });

describe('a pool', () => {
  const canceled = { ...running(0, 1), stopped: 'canceled' } as const;
  const table: [string, PoolPlan, PoolState, PoolEntry, PoolCommand[]][] = [
    [
      'begins with as many parts as allowed',
      plan(),
      state(),
      { kind: 'begun' },
      [start(0), start(1), wait(10_000)],
    ],
    [
      'begins with as many requests as allowed',
      plan({ slots: { batches: 9, requests: 25 } }),
      state(),
      { kind: 'begun' },
      [start(0), start(1), wait(10_000)],
    ],
    [
      'starts a part that is larger than the limit alone',
      plan({ requests: [500, 1] }),
      state(),
      { kind: 'begun' },
      [start(0), wait(10_000)],
    ],
    [
      'starts the next part when one has ended',
      plan(),
      running(0, 1),
      { kind: 'ended', part: 0 },
      [start(2)],
    ],
    ['starts nothing when a part has begun', plan(), running(0, 1), { kind: 'started', part: 0 }, []],
    ['starts nothing after a failure', plan(), running(0, 1), { kind: 'failed', part: 0 }, []],
    [
      'cancels all parts when canceled, and checks on them',
      plan(),
      running(0, 1),
      { kind: 'canceled' },
      [cancel(0), cancel(1), wait(1_000)],
    ],
    ['starts nothing after a cancellation', plan(), canceled, { kind: 'ended', part: 0 }, []],
    ['cancels a part that starts late', plan(), canceled, { kind: 'started', part: 1 }, [cancel(1)]],
    [
      'cancels again when it is time to check',
      plan(),
      { ...canceled, checks: 4 },
      { kind: 'time to check' },
      [cancel(0), cancel(1), wait(4_000)],
    ],
    [
      'checks its parts when it is time to check',
      plan(),
      running(0, 1),
      { kind: 'time to check' },
      [find(0), find(1), wait(80_000)],
    ],
    ['stops checking when nothing runs', plan(), state({ next: 4 }), { kind: 'time to check' }, []],
  ];
  test.each(table)('%s', (_, plan, state, entry, commands) => {
    expect(decidePool(plan, state, entry).commands).toEqual(commands);
  });
});

test('with events in any order, every part runs at most once, within the limits, and the pool ends', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      weights,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 120 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (requests, batches, most, choices) => {
        const pool = plan({ requests, slots: { batches, requests: most } });
        let now = NEW_POOL;
        const started = new Set<number>();
        const take = (entry: PoolEntry) => {
          const next = decidePool(pool, now, entry);
          now = next.state;
          for (const command of next.commands) {
            if (command.kind !== 'start') continue;
            expect(started).not.toContain(command.part);
            started.add(command.part);
          }
          const sum = [...now.running].reduce((total, part) => total + requests[part]!, 0);
          expect(now.running.size).toBeLessThanOrEqual(batches);
          expect(now.running.size <= 1 || sum <= most).toBe(true);
        };
        take({ kind: 'begun' });
        for (const choice of choices) {
          const parts = [...now.running];
          const part = parts[choice % Math.max(1, parts.length)];
          const entries: PoolEntry[] = [{ kind: 'time to check' }];
          if (part !== undefined) entries.push({ kind: 'started', part }, { kind: 'ended', part });
          take(entries[choice % entries.length]!);
        }
        for (let [part] = now.running; part !== undefined; [part] = now.running)
          take({ kind: 'ended', part });
        expect(now.running.size).toBe(0);
        expect(started.size).toBe(requests.length);
      },
    ),
  );
});
