import { describe, expect, test } from 'vitest';
import type { Case } from './cases';
import type { Exploration } from './explore';
import { explored, TIMEOUT } from './explored';

/** The way to what must not be, a step a line. */
function told({ message, trace }: NonNullable<Exploration['problem']>): string {
  return `${message}\n${trace.map((step, index) => `${index + 1}. ${step}`).join('\n')}`;
}

const SENDING = ['crash', 'slow sender', 'broken upload', 'lost answer', 'lost request', 'refusal'] as const;

describe('every round is bought once, held or canceled, and nothing else is touched', () => {
  const cases: [string, Partial<Case>][] = [
    ['whatever befalls a process that sends, and its answers', { faults: SENDING, most: 2 }],
    ['with three answers lost, or requests', { faults: ['lost answer', 'lost request'], most: 3 }],
    ['with a stranger of equal count', { faults: ['slow sender', 'lost answer'], most: 1, strangers: 1 }],
    ['with two strangers', { faults: ['lost answer', 'lost request'], most: 1, strangers: 2 }],
    ['with two rounds of equal count', { faults: ['lost answer', 'lost request'], most: 2, rounds: 2 }],
    ['with a zombie beside another round', { faults: ['slow sender'], most: 1, rounds: 2 }],
    [
      'with strangers that come too late to be ours and never end',
      { faults: SENDING, most: 1, strangers: 1, endless: true },
    ],
    [
      'with looks that fail, or do not show what is there',
      { faults: ['lost answer', 'failed look', 'blind look'], most: 2 },
    ],
    ['with Resets at any time', { faults: ['reset', 'lost answer', 'lost request'], most: 2 }],
    ['with a Reset while a zombie runs', { faults: ['reset', 'slow sender'], most: 2 }],
    [
      'with cancellation at any time',
      { faults: ['cancel', 'slow sender', 'lost answer', 'lost request', 'refusal'], most: 2 },
    ],
    ['with a Reset of what was canceled', { faults: ['cancel', 'reset'], most: 2 }],
    ['with zombies that reconcile', { faults: ['slow reconciler', 'lost answer', 'lost request'], most: 2 }],
    [
      'with a person who releases what is held',
      { faults: ['lost answer', 'lost request', 'resume'], most: 3 },
    ],
    [
      'without a grace',
      { faults: ['slow sender', 'lost answer', 'lost request', 'resume'], most: 2, grace: null },
    ],
  ];
  test.each(cases)(
    '%s',
    (_, bounds) => {
      const { problem, moves, notable } = explored(bounds);
      if (problem) throw new Error(told(problem));
      // What was not met was not explored.
      for (const fault of bounds.faults!)
        expect(
          [...moves].some((name) => name.includes(`${fault}:`)),
          fault,
        ).toBe(true);
      expect(notable).toBe(0);
    },
    TIMEOUT,
  );

  test(
    'but for the one window: a process that stands still between clocks and tail pays one round twice, and cancels the second if it hears of it',
    () => {
      const { problem, notable } = explored({
        faults: ['frozen sender', 'lost answer'],
        most: 2,
        keepsStalled: true,
      });
      if (problem) throw new Error(told(problem));
      expect(notable).toBeGreaterThan(0);
    },
    TIMEOUT,
  );
});
