import { describe, expect, test } from 'vitest';
import type { Case } from './cases';
import type { Exploration } from './explore';
import { explored, TIMEOUT } from './explored';

/** The path to a violation, one step on each line. */
function told({ message, trace }: NonNullable<Exploration['problem']>): string {
  return `${message}\n${trace.map((step, index) => `${index + 1}. ${step}`).join('\n')}`;
}

const SENDING = ['crash', 'slow sender', 'broken upload', 'lost answer', 'lost request', 'refusal'] as const;

describe('every round is bought once, held or canceled, and no other batch is touched', () => {
  const cases: [string, Partial<Case>][] = [
    ['with all faults of senders and their answers', { faults: SENDING, most: 2 }],
    ['with three lost answers or requests', { faults: ['lost answer', 'lost request'], most: 3 }],
    [
      'with another tool’s batch of equal count',
      { faults: ['slow sender', 'lost answer'], most: 1, strangers: 1 },
    ],
    ['with two batches of another tool', { faults: ['lost answer', 'lost request'], most: 1, strangers: 2 }],
    ['with two rounds of equal count', { faults: ['lost answer', 'lost request'], most: 2, rounds: 2 }],
    ['with a zombie beside another round', { faults: ['slow sender'], most: 1, rounds: 2 }],
    [
      'with other tools’ batches that are too late to be ours and never end',
      { faults: SENDING, most: 1, strangers: 1, endless: true },
    ],
    [
      'with searches that fail or are incomplete',
      { faults: ['lost answer', 'failed search', 'incomplete search'], most: 2 },
    ],
    [
      'with replies whose clock is hours ahead',
      { faults: ['lost answer', 'slow sender'], most: 1, clock: 24, strangers: 1 },
    ],
    [
      'with replies whose clock is hours behind',
      { faults: ['lost answer', 'slow sender'], most: 2, clock: -24 },
    ],
    ['with Resets at any time', { faults: ['reset', 'lost answer', 'lost request'], most: 2 }],
    ['with a Reset while a zombie runs', { faults: ['reset', 'slow sender'], most: 2 }],
    [
      'with cancellation at any time',
      { faults: ['cancel', 'slow sender', 'lost answer', 'lost request', 'refusal'], most: 2 },
    ],
    ['with a Reset after a cancellation', { faults: ['cancel', 'reset'], most: 2 }],
    ['with zombies that reconcile', { faults: ['slow reconciler', 'lost answer', 'lost request'], most: 2 }],
    [
      'with a person who releases a held chunk: the list proves nothing',
      { faults: ['lost answer', 'lost request', 'resume'], most: 3, list: 'shows none known' },
    ],
    [
      'with a person who releases a held chunk: three attempts were presumed lost',
      { faults: ['lost request', 'resume'], most: 5 },
    ],
    [
      'with a store that has no record of a batch',
      { faults: ['lost answer', 'lost request'], most: 3, list: 'shows none known' },
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
      // A fault that was never met was not explored.
      for (const fault of bounds.faults!)
        expect(
          [...moves].some((name) => name.includes(`${fault}:`)),
          fault,
        ).toBe(true);
      expect(notable).toBe(0);
    },
    TIMEOUT,
  );

  describe('if an assumption about the API fails permanently, a round is paid at most', () => {
    const failures: [worst: number, string, Partial<Case>][] = [
      [2, 'the list shows nothing that this key creates', { faults: ['lost answer'], list: 'shows nothing' }],
      [2, 'the list shows a batch only after an hour', { faults: ['lost answer'], lag: 12 }],
      [
        4,
        'the list shows other batches of ours, but not those of this round',
        { faults: ['lost answer'], list: 'loses ours' },
      ],
      [
        4,
        'the API makes a batch hours after its answer was lost',
        { faults: ['lost answer'], tarries: true },
      ],
    ];
    test.each(failures)(
      '%i times: %s',
      (worst, _, bounds) => {
        const all = { ...bounds, most: 4 };
        const { problem } = explored({ ...all, worst });
        if (problem) throw new Error(told(problem));
        // The maximum is reached.
        expect(explored({ ...all, worst: worst - 1 }).problem?.message).toBe(
          `Round 0 is paid ${worst} times.`,
        );
      },
      TIMEOUT,
    );

    test(
      'once more for each process that freezes between clocks and tail, the one window; an orphan whose answer arrives is canceled',
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
});
