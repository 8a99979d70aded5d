import { describe, expect, test } from 'vitest';
import {
  type AttemptDecision,
  type AttemptIntent,
  type AttemptLedger,
  type AttemptOutcome,
  type AttemptState,
  attemptState,
  DEFAULT_GRACE,
  decideRound,
  isOrphan,
  mayPresumeLost,
  submissionTimes,
} from '../../../src/job/protocol/submission';

const MINUTE = 60_000;

const intent: AttemptIntent = {
  nonce: '0123456789abcdef01234567',
  count: 3,
  apiTime: '2026-11-22T12:00:00.000Z',
  fingerprint: 'f',
};

const decisions: (AttemptDecision['decision'] | undefined)[] = [undefined, 'overtaken', 'commit'];
const outcomes: (AttemptOutcome | undefined)[] = [
  undefined,
  { outcome: 'created', batch: 'msgbatch_created', createdAt: '2026-11-22T12:01:00.000Z' },
  { outcome: 'found', batch: 'msgbatch_found', createdAt: '2026-11-22T12:02:00.000Z' },
  { outcome: 'not-created', reason: 'refused' },
  { outcome: 'presumed-lost' },
];

const entry = (
  attempt: number,
  decision?: AttemptDecision['decision'],
  outcome?: AttemptOutcome,
): AttemptLedger => ({ attempt, intent, decision: decision && { decision }, outcome });

describe('the state of an attempt follows from its entries', () => {
  const table: Record<string, Record<string, AttemptState>> = {
    undecided: {
      none: 'open',
      created: 'bought',
      found: 'bought',
      'not-created': 'notSent',
      'presumed-lost': 'presumed-lost',
    },
    overtaken: {
      none: 'notSent',
      created: 'bought',
      found: 'bought',
      'not-created': 'notSent',
      'presumed-lost': 'presumed-lost',
    },
    commit: {
      none: 'unknown',
      created: 'bought',
      found: 'bought',
      'not-created': 'notSent',
      'presumed-lost': 'presumed-lost',
    },
  };
  const cases = decisions.flatMap((decision) =>
    outcomes.map(
      (outcome) => [decision ?? 'undecided', outcome?.outcome ?? 'none', decision, outcome] as const,
    ),
  );
  test.each(cases)('%s with the outcome %s', (row, column, decision, outcome) => {
    expect(attemptState(entry(0, decision, outcome))).toBe(table[row]![column]);
  });

  test('without an intent, an attempt is open', () => {
    expect(attemptState({ attempt: 0 })).toBe('open');
  });
});

describe('the next step of a round', () => {
  test('the first attempt of all is 0', () => {
    expect(decideRound([])).toEqual({ kind: 'maySend', attempt: 0 });
  });

  const all = decisions.flatMap((decision) => outcomes.map((outcome) => ({ decision, outcome })));
  const threes = all.flatMap((a) => all.flatMap((b) => all.map((c) => [a, b, c])));

  test(`for all ${threes.length} ledgers of three attempts: bought if one is ours, sent only if all are closed`, () => {
    for (const three of threes) {
      const ledger = three.map(({ decision, outcome }, attempt) => entry(attempt, decision, outcome));
      const states = ledger.map(attemptState);
      const decision = decideRound(ledger);
      const ours = states.indexOf('bought');
      const unresolved = states.findIndex((state) => state === 'open' || state === 'unknown');
      if (ours >= 0) {
        const { outcome } = ledger[ours]!;
        expect(decision).toMatchObject({ kind: 'bought' });
        expect(outcome).toMatchObject({ batch: decision.kind === 'bought' && decision.batch });
      } else if (unresolved >= 0) {
        expect(decision).toEqual({ kind: 'mustReconcile', attempt: unresolved });
      } else {
        expect(decision).toEqual({ kind: 'maySend', attempt: 3 });
      }
    }
  });

  test('an attempt whose number is not its index in the list keeps its number', () => {
    expect(decideRound([entry(4, 'overtaken')])).toEqual({ kind: 'maySend', attempt: 5 });
    expect(decideRound([entry(4, 'commit')])).toEqual({ kind: 'mustReconcile', attempt: 4 });
  });
});

describe('the times of the protocol', () => {
  test('are by default those of the documentation', () => {
    expect(submissionTimes()).toEqual({
      heartbeat: 30_000,
      gate: 10_000,
      drain: 15_000,
      margin: 5 * MINUTE,
      stall: 10 * MINUTE,
      existence: 10 * MINUTE,
      lag: 5 * MINUTE,
      grace: 30 * MINUTE,
    });
    expect(DEFAULT_GRACE).toBe(30 * MINUTE);
  });

  test.each([1_000, 3_000, 60_000, 30 * MINUTE, 24 * 60 * MINUTE])(
    'with a grace of %i ms keep their proportions, and the grace stays longer than stall, existence and lag',
    (grace) => {
      const times = submissionTimes(grace);
      const defaults = submissionTimes();
      expect(times.grace).toBe(grace);
      for (const name of ['margin', 'stall', 'existence', 'lag'] as const) {
        expect(times[name] / grace).toBeCloseTo(defaults[name] / DEFAULT_GRACE, 10);
      }
      expect(grace).toBeGreaterThan(times.stall + times.existence + times.lag);
      expect(times.gate).toBe(Math.min(10_000, grace / 10));
      // The server must not mistake the pause for a stalled upload.
      expect(times.drain).toBeLessThan(times.stall / 10);
      expect(times.drain).toBeLessThanOrEqual(15_000);
      expect(grace).toBeGreaterThan(times.gate + times.stall + times.existence + times.lag);
      // A process frozen at the gate for all that time is still within the grace.
      expect(grace - times.gate - times.existence - times.lag).toBeGreaterThan(0);
      expect(times.heartbeat).toBeGreaterThanOrEqual(5_000);
      expect(times.heartbeat).toBeLessThanOrEqual(30_000);
    },
  );

  test('without a grace are the defaults', () => {
    expect(submissionTimes(null)).toEqual({ ...submissionTimes(), grace: null });
  });
});

test.each<[number, number, boolean]>([
  [0, 1, true],
  [1, 1, false],
  [1, 2, true],
  [2, 2, false],
])('another attempt after %i presumed lost, with %i allowed: %s', (before, allowed, expected) => {
  const ledger = Array.from({ length: before }, (_, n) => entry(n, 'commit', { outcome: 'presumed-lost' }));
  const others = [entry(8, 'overtaken'), entry(9, 'commit')];
  expect(mayPresumeLost([...ledger, ...others], allowed)).toBe(expected);
});

test('a batch is an orphan only if its attempt was presumed lost', () => {
  expect(outcomes.map((outcome) => outcome && isOrphan(outcome))).toEqual([
    undefined,
    false,
    false,
    false,
    true,
  ]);
});
