import { describe, expect, test } from 'vitest';
import { candidateWindow, isCandidate } from '../../../src/job/protocol/search';
import type { Case } from './cases';
import { explored, TIMEOUT } from './explored';
import { decideBatch, PRODUCT, type Rules } from './rules';

/** A search's result as if the list had shown a batch that is known to be ours. */
const proved = <L extends object>(look: L): L => ({ ...look, proved: true });

/** A search's result as if no attempt of its round had been presumed lost before. */
const first = <L extends object>(look: L): L => ({ ...look, presumedLost: 0 });

describe('without one of its rules the protocol breaks, and the exploration finds how', () => {
  const rules: [string, Partial<Rules>, Partial<Case>, RegExp][] = [
    ['a gate before the tail', { gate: false }, { faults: ['slow sender'], most: 1 }, /paid 2 times/],
    [
      'a look at the clocks behind the gate',
      { clocks: false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /paid 2 times/,
    ],
    [
      'an attempt only when all before it are closed',
      {
        decideRound: (attempts) => {
          const decision = decideBatch(attempts);
          return decision.kind === 'mustReconcile' ? { kind: 'maySend', attempt: attempts.length } : decision;
        },
      },
      { faults: ['lost answer', 'reset'], most: 1 },
      /paid 2 times/,
    ],
    [
      'an intent that one alone creates',
      { intentIsExclusive: false },
      { faults: ['reset'], most: 1 },
      /paid 2 times/,
    ],
    [
      'a decision before any outcome',
      { overtakesFirst: false },
      { faults: ['slow sender'], most: 1 },
      /paid 2 times/,
    ],
    [
      'after the tail only a refusal says that nothing was bought',
      { onlyRefusalsRefuse: false },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'an end of the window',
      { candidateWindow: (...args) => ({ ...candidateWindow(...args), to: Number.POSITIVE_INFINITY }) },
      { faults: ['lost request'], most: 1, strangers: 1, endless: true },
      /never end/,
    ],
    [
      'a window that is wide enough',
      {
        candidateWindow: (intent, seen, times) =>
          candidateWindow(intent, seen, { ...times, existence: 0, stall: 0, margin: 0 }),
      },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'candidates that are not ruled out by anything but count and time',
      {
        isCandidate: (batch, intent, window) =>
          isCandidate(batch, intent, window) && batch.createdAt.getTime() < window.from,
      },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'proof, and not a count (a stranger)',
      { ownerOf: () => 'ours' },
      { faults: ['lost answer'], most: 1, strangers: 1 },
      /takes the batch \d of a stranger/,
    ],
    [
      'proof, and not a count (another round)',
      { ownerOf: () => 'ours' },
      { faults: ['lost answer', 'lost request'], most: 1, rounds: 2 },
      /takes the batch \d of \d\.\d/,
    ],
    [
      'no adoption of what still runs',
      { ownerOf: (proved, nonce) => (proved === undefined || proved === nonce ? 'ours' : 'other') },
      { faults: ['lost answer', 'cancel'], most: 2, strangers: 1 },
      /takes the batch \d of a stranger/,
    ],
    [
      'a second look',
      { lookedEnough: ({ looks }) => looks >= 1 },
      { faults: ['lost answer', 'blind look'], most: 2 },
      /paid 2 times/,
    ],
    [
      'a grace before anything is given up',
      { afterLook: (search, look, began, now) => PRODUCT.afterLook(search, look, began, now, { grace: 0 }) },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'failed looks that are none',
      { failedLookIsNone: false },
      { faults: ['lost answer', 'failed look'], most: 3 },
      /paid 2 times/,
    ],
    [
      'three attempts of a round that may be presumed lost',
      { mayPresumeLost: () => true },
      { faults: ['lost answer'], most: 4, list: 'loses ours', worst: 4 },
      /paid 5 times/,
    ],
    [
      'a grace that grows with what was presumed lost',
      { afterLook: (search, look, ...times) => PRODUCT.afterLook(search, first(look), ...times) },
      { faults: ['lost answer'], most: 2, lag: 12, worst: 2 },
      /paid 3 times/,
    ],
    [
      'a list that is proved to show what this key creates',
      { afterLook: (search, look, ...times) => PRODUCT.afterLook(search, proved(look), ...times) },
      { faults: ['lost answer'], most: 2, list: 'shows nothing', worst: 2 },
      /paid 3 times/,
    ],
    [
      'the cancellation of what was given up',
      { isOrphan: () => false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /two batches run/,
    ],
    [
      'an outcome that stands',
      { outcomeIsExclusive: false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /paid 2 times, with 0 presumed lost/,
    ],
    [
      'cancellation of what is proved alone',
      { cancelsOnlyProved: false },
      { faults: ['lost answer', 'cancel'], most: 2, strangers: 1 },
      /canceled without proof/,
    ],
    [
      'chunks that are closed to who was asked to send before',
      { closingStands: false },
      { faults: ['slow sender', 'cancel'], most: 2 },
      /canceled, and its batch runs unknown/,
    ],
  ];
  test.each(rules)(
    '%s',
    (_, broken, bounds, message) => {
      const { problem } = explored({ ...bounds, rules: { ...PRODUCT, ...broken } });
      expect(problem?.message).toMatch(message);
      expect(problem?.trace.length).toBeGreaterThan(0);
    },
    TIMEOUT,
  );
});
