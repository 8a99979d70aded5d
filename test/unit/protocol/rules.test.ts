import { describe, expect, test } from 'vitest';
import { candidateWindow, isCandidate } from '../../../src/job/protocol/search';
import type { Case } from './cases';
import { explored, TIMEOUT } from './explored';
import { decideBatch, PRODUCT, type Rules } from './rules';

/** A search's result, as if the list had shown a batch that is known to be ours. */
const proved = <L extends object>(found: L): L => ({ ...found, proved: true });

/** A search's result, as if no attempt of its round had been presumed lost before. */
const first = <L extends object>(found: L): L => ({ ...found, presumedLost: 0 });

describe('the exploration finds a counterexample without', () => {
  const rules: [string, Partial<Rules>, Partial<Case>, RegExp][] = [
    ['a gate before the tail', { gate: false }, { faults: ['slow sender'], most: 1 }, /paid 2 times/],
    [
      'a check of the clocks after the gate',
      { clocks: false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /paid 2 times/,
    ],
    [
      'a new attempt only after all earlier ones are closed',
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
      'an exclusively created intent',
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
      'a rule that after the tail only a refusal proves that nothing was bought',
      { onlyRefusalsRefuse: false },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'a window with an end',
      { candidateWindow: (...args) => ({ ...candidateWindow(...args), to: Number.POSITIVE_INFINITY }) },
      { faults: ['lost request'], most: 1, strangers: 1, endless: true },
      /never end/,
    ],
    [
      'a sufficiently wide window',
      {
        candidateWindow: (intent, seen, times) =>
          candidateWindow(intent, seen, { ...times, existence: 0, stall: 0, margin: 0 }),
      },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'a window that begins with the newest batch before the attempt',
      { candidateWindow: ({ apiTime }, ...rest) => candidateWindow({ apiTime }, ...rest) },
      { faults: ['lost answer'], most: 1, clock: 24 },
      /paid 2 times/,
    ],
    [
      'a window whose end counts from the worker’s clock too',
      { latest: (apiTime) => apiTime },
      { faults: ['lost answer'], most: 1, clock: -24 },
      /paid 2 times/,
    ],
    [
      'ruling out candidates only by count and time',
      {
        isCandidate: (batch, intent, window) =>
          isCandidate(batch, intent, window) && batch.createdAt.getTime() < window.from,
      },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'proof instead of a count (another tool)',
      { ownerOf: () => 'ours' },
      { faults: ['lost answer'], most: 1, strangers: 1 },
      /takes the batch \d of a stranger/,
    ],
    [
      'proof instead of a count (another round)',
      { ownerOf: () => 'ours' },
      { faults: ['lost answer', 'lost request'], most: 1, rounds: 2 },
      /takes the batch \d of \d\.\d/,
    ],
    [
      'waiting for running candidates',
      { ownerOf: (proved, nonce) => (proved === undefined || proved === nonce ? 'ours' : 'other') },
      { faults: ['lost answer', 'cancel'], most: 2, strangers: 1 },
      /takes the batch \d of a stranger/,
    ],
    [
      'a second search',
      { searchedEnough: ({ empty }) => empty >= 1 },
      { faults: ['lost answer', 'incomplete search'], most: 2 },
      /paid 2 times/,
    ],
    [
      'a grace before an attempt is presumed lost',
      {
        afterSearch: (search, found, began, now) =>
          PRODUCT.afterSearch(search, found, began, now, { grace: 0 }),
      },
      { faults: ['lost answer'], most: 1 },
      /paid 2 times/,
    ],
    [
      'ignoring failed searches',
      { failedSearchIsNone: false },
      { faults: ['lost answer', 'failed search'], most: 3 },
      /paid 2 times/,
    ],
    [
      'a limit of three attempts of a round that may be presumed lost',
      { mayPresumeLost: () => true },
      { faults: ['lost answer'], most: 4, list: 'loses ours', worst: 4 },
      /paid 5 times/,
    ],
    [
      'a grace that grows with each attempt presumed lost',
      { afterSearch: (search, found, ...times) => PRODUCT.afterSearch(search, first(found), ...times) },
      { faults: ['lost answer'], most: 2, lag: 12, worst: 2 },
      /paid 3 times/,
    ],
    [
      'a list that is proved to show this key’s batches',
      { afterSearch: (search, found, ...times) => PRODUCT.afterSearch(search, proved(found), ...times) },
      { faults: ['lost answer'], most: 2, list: 'shows nothing', worst: 2 },
      /paid 3 times/,
    ],
    [
      'canceling the batch of an attempt presumed lost',
      { isOrphan: () => false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /two batches run/,
    ],
    [
      'a first outcome that is final',
      { outcomeIsExclusive: false },
      { faults: ['slow sender'], most: 1, keepsStalled: true },
      /paid 2 times, with 0 presumed lost/,
    ],
    [
      'canceling only proved batches',
      { cancelsOnlyProved: false },
      { faults: ['lost answer', 'cancel'], most: 2, strangers: 1 },
      /canceled without proof/,
    ],
    [
      'closing a chunk to sends that were requested before',
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
