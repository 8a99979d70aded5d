import { describe, expect, test } from 'vitest';
import type { Searching } from '../../../src/job/activity-types';
import {
  afterRelease,
  afterSearch,
  candidateWindow,
  contradicts,
  isCandidate,
  judgeListed,
  NEW_SEARCH,
  orphanWindow,
  ownerOf,
  type Search,
  searchedEnough,
} from '../../../src/job/protocol/search';
import { DEFAULT_GRACE, submissionTimes } from '../../../src/job/protocol/submission';
import type { SearchObstacle, WaitReason } from '../../../src/job/reason';

const apiTime = '2026-11-22T12:00:00.000Z';

test('the window of candidates begins a margin before the intent, and ends when no batch can be created any more', () => {
  const seen = Date.parse('2026-11-22T13:00:00.000Z');
  const { from, to } = candidateWindow({ apiTime }, seen, submissionTimes());
  expect(new Date(from).toISOString()).toBe('2026-11-22T11:55:00.000Z');
  expect(new Date(to).toISOString()).toBe('2026-11-22T13:25:00.000Z');
});

test.each<[string, string | undefined, string]>([
  ['no batch was listed', undefined, '2026-11-22T11:55:00.000Z'],
  ['a batch was just made', '2026-11-22T11:59:59.000Z', '2026-11-22T11:55:00.000Z'],
  ['the newest batch is older', '2026-11-22T09:00:00.000Z', '2026-11-22T09:00:00.001Z'],
  ['the newest batch is newer than the clock', '2026-11-22T14:00:00.000Z', '2026-11-22T11:55:00.000Z'],
])('what is newer than what the list showed before is never too early: %s', (_, createdAt, expected) => {
  const newest = createdAt === undefined ? undefined : { createdAt };
  const { from } = candidateWindow({ apiTime, newest }, Date.parse(apiTime), submissionTimes());
  expect(new Date(from).toISOString()).toBe(expected);
  expect(orphanWindow({ apiTime, newest }, submissionTimes())).toEqual({
    from,
    to: Number.POSITIVE_INFINITY,
  });
});

test.each<[number, number, boolean]>([
  [3, 999, false],
  [3, 1_000, true],
  [3, 2_000, true],
  [3, 2_001, false],
  [2, 1_500, false],
  [4, 1_500, false],
])('a batch of %i requests, created at %i, is a candidate: %s', (size, at, expected) => {
  expect(isCandidate({ size, createdAt: new Date(at) }, { count: 3 }, { from: 1_000, to: 2_000 })).toBe(
    expected,
  );
});

describe('a batch of the list', () => {
  const counts = { processing: 3, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  const createdAt = new Date(1_500);
  test.each<[string, Parameters<typeof judgeListed>[0], ReturnType<typeof judgeListed>]>([
    ['of the size and the time', { size: 3, counts, createdAt }, 'candidate'],
    ['of another size', { size: 4, counts: { ...counts, errored: 1 }, createdAt }, 'doubtful'],
    ['older than the window', { size: 3, counts, createdAt: new Date(998) }, 'other'],
    ['without zeros', { counts: { processing: 3 }, createdAt }, 'unreadable'],
    ['without one of its counts', { counts: { processing: 1 }, createdAt }, 'unreadable'],
    ['with more than was sent, without zeros', { counts: { processing: 4 }, createdAt }, 'doubtful'],
    ['without counts', { counts: {}, createdAt }, 'unreadable'],
    ['without counts, after the time', { counts: {}, createdAt: new Date(2_001) }, 'doubtful'],
    ['of the size, after the time', { size: 3, counts, createdAt: new Date(2_001) }, 'doubtful'],
    ['of another size, after the time', { size: 2, counts: {}, createdAt: new Date(2_001) }, 'doubtful'],
    ['older than the window, of another size', { size: 2, counts: {}, createdAt: new Date(998) }, 'other'],
    ['without a time', { size: 3, counts }, 'unreadable'],
    ['without a time, of another size', { size: 2, counts: { processing: 2 } }, 'doubtful'],
    ['without anything', { counts: {} }, 'unreadable'],
  ])(
    '%s is classified by its known fields, also if the window begins within a millisecond',
    (_, listed, expected) => {
      for (const from of [1_000, 999.4]) {
        expect(judgeListed(listed, { count: 3 }, { from, to: 2_000 })).toBe(expected);
      }
    },
  );
});

describe('a reply about a batch', () => {
  const counts = { processing: 3, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  const newest = { id: 'before', createdAt: '2026-11-22T11:59:00.000Z' };
  const ours = { id: 'ours', size: 3, counts, createdAt: new Date(apiTime) };
  test.each<[string, Partial<Parameters<typeof contradicts>[0]>, boolean]>([
    ['of the size and the time', {}, false],
    ['without a time', { createdAt: undefined }, false],
    ['without counts', { size: undefined, counts: {} }, false],
    ['with counts of zero', { size: undefined, counts: { processing: 0 } }, false],
    ['of another size', { size: 4 }, true],
    ['with more than was sent', { size: undefined, counts: { processing: 4 } }, true],
    ['that was created a day later', { createdAt: new Date(Date.parse(apiTime) + 86_400_000) }, false],
    ['that is older than what was listed', { createdAt: new Date('2026-11-22T11:58:59.999Z') }, true],
    ['that was listed before', { id: 'before', createdAt: undefined }, true],
  ])('%s, judged by what it says', (_, fields, expected) => {
    const intent = { apiTime, count: 3, newest };
    expect(contradicts({ ...ours, ...fields }, intent, submissionTimes())).toBe(expected);
  });

  test('that is older than the attempt by more than the clocks may differ contradicts it', () => {
    const createdAt = new Date('2026-11-22T11:54:59.000Z');
    expect(contradicts({ ...ours, createdAt }, { apiTime, count: 3 }, submissionTimes())).toBe(true);
  });
});

test.each([
  ['a', 'ours'],
  ['b', 'other'],
  [null, 'other'],
  [undefined, 'unknown'],
] as const)('a batch with the proved nonce %s is %s', (proved, whose) => {
  expect(ownerOf(proved, 'a')).toBe(whose);
});

const BROKEN: WaitReason = { code: 'failed', message: 'It broke.' };
const TWICE: SearchObstacle = { code: 'presumedLostBefore', attempts: 2 };
const UNREADABLE: SearchObstacle = { code: 'unreadableBatches', batches: ['msgbatch_1'], problems: [] };

describe('a search', () => {
  const GRACE = { grace: 1_000 };
  const NEVER = { grace: null };
  const nothing: Searching = { kind: 'searching', complete: true, watching: [], attempt: 0, presumedLost: 0 };
  const watching: Searching = { ...nothing, watching: ['msgbatch_1'] };
  const failed: Searching = { ...nothing, complete: false, reason: BROKEN };

  /** The result of a series of searches, each with its beginning and end. */
  function searched(
    searches: [at: number, found: Searching][],
    times: { grace: number | null } = GRACE,
  ): Search {
    return searches.reduce<Search>((search, [at, found]) => {
      const next = afterSearch(search, found, at, at, times);
      expect(next.held).toBeUndefined();
      return next.search;
    }, NEW_SEARCH);
  }

  test.each<[string, [number, Searching][], boolean]>([
    ['no search', [], false],
    [
      'searches within the grace',
      [
        [0, nothing],
        [500, nothing],
        [999, nothing],
      ],
      false,
    ],
    [
      'one search after the grace',
      [
        [0, nothing],
        [1_000, nothing],
      ],
      false,
    ],
    [
      'two searches after the grace',
      [
        [0, nothing],
        [1_000, nothing],
        [1_001, nothing],
      ],
      true,
    ],
    [
      'a late first search, and one more',
      [
        [5_000, nothing],
        [5_999, nothing],
      ],
      false,
    ],
    [
      'a failed search between two',
      [
        [0, nothing],
        [1_000, nothing],
        [1_100, failed],
        [1_200, nothing],
      ],
      false,
    ],
    [
      'two in a row after a failed one',
      [
        [0, failed],
        [1_000, failed],
        [1_100, nothing],
        [1_200, nothing],
      ],
      true,
    ],
    [
      'a candidate in a search between two',
      [
        [0, nothing],
        [1_000, nothing],
        [1_100, watching],
        [1_200, nothing],
      ],
      false,
    ],
    [
      'a candidate in the last search',
      [
        [0, nothing],
        [1_000, nothing],
        [1_001, nothing],
        [1_002, watching],
      ],
      false,
    ],
    [
      'another attempt, whose grace starts again',
      [
        [0, nothing],
        [1_000, nothing],
        [1_001, { ...nothing, attempt: 1 }],
        [1_002, { ...nothing, attempt: 1 }],
      ],
      false,
    ],
  ])('with %s proves enough to presume the attempt lost: %j', (_, searches, enough) => {
    expect(searchedEnough(searched(searches))).toBe(enough);
  });

  test('counts from its beginning, not from its end', () => {
    const first = afterSearch(NEW_SEARCH, nothing, 0, 400, GRACE).search;
    expect(first.since).toBe(400);
    expect(afterSearch(first, nothing, 1_399, 5_000, GRACE).search.empty).toBe(0);
    expect(afterSearch(first, nothing, 1_400, 5_000, GRACE).search.empty).toBe(1);
  });

  test('without a grace holds after the first complete pass, and makes two more once it is released', () => {
    const first = afterSearch(NEW_SEARCH, nothing, 0, 0, NEVER);
    expect(first.held).toEqual({ code: 'noBatchListed' });
    const search = afterRelease(first.search, NEVER);
    expect(search).toMatchObject({ empty: 0, since: 0, released: true });
    // A batch sent a moment before the person checked does not appear in the Console either.
    const early = afterSearch(search, nothing, DEFAULT_GRACE - 1, DEFAULT_GRACE - 1, NEVER);
    expect(early.held).toBeUndefined();
    expect(early.search.empty).toBe(0);
    const again = afterSearch(early.search, nothing, DEFAULT_GRACE, DEFAULT_GRACE, NEVER);
    expect(again.held).toBeUndefined();
    expect(searchedEnough(again.search)).toBe(false);
    const last = DEFAULT_GRACE + 10;
    expect(searchedEnough(afterSearch(again.search, nothing, last, last, NEVER).search)).toBe(true);
    // It was released for the searched attempt, and for no other.
    expect(afterSearch(search, { ...nothing, attempt: 1 }, 10, 10, NEVER).held).toBeDefined();
  });

  test.each([watching, failed])('without a grace continues while nothing is certain', (found) => {
    expect(afterSearch(NEW_SEARCH, found, 0, 0, NEVER).held).toBeUndefined();
  });

  test.each([GRACE, NEVER])('that is permanently blocked is held after the grace, repeatedly', (times) => {
    const oneGrace = times.grace ?? 30 * 60_000;
    const blocked: Searching = { ...watching, blocked: UNREADABLE };
    let search: Search = NEW_SEARCH;
    for (let at = 0; at < 3 * oneGrace; at += oneGrace) {
      const first = afterSearch(search, blocked, at, at, times);
      expect(first.held).toBeUndefined();
      expect(
        afterSearch(first.search, blocked, at + oneGrace - 1, at + oneGrace - 1, times).held,
      ).toBeUndefined();
      const second = afterSearch(first.search, blocked, at + oneGrace, at + oneGrace, times);
      expect(second.held).toEqual(UNREADABLE);
      search = afterRelease(second.search, times);
      // No person allowed another attempt.
      expect(search).toMatchObject({ allowed: 3, released: false, empty: 0, blocked: false });
    }
    // The obstacle disappeared.
    expect(afterSearch(search, { ...watching, complete: true }, 0, 10, times).held).toBeUndefined();
  });

  test('that has lasted long is not held because of a momentary obstacle', () => {
    const blocked: Searching = { ...watching, blocked: UNREADABLE };
    const long = searched([
      [0, watching],
      [100 * DEFAULT_GRACE, watching],
    ]);
    const first = afterSearch(long, blocked, 100 * DEFAULT_GRACE + 1, 100 * DEFAULT_GRACE + 1, GRACE);
    expect(first.held).toBeUndefined();
    const passed = afterSearch(
      first.search,
      watching,
      100 * DEFAULT_GRACE + 2,
      100 * DEFAULT_GRACE + 2,
      GRACE,
    );
    expect(
      afterSearch(passed.search, blocked, 200 * DEFAULT_GRACE, 200 * DEFAULT_GRACE, GRACE).held,
    ).toBeUndefined();
  });

  test('that the ledger holds waits for a person, and for the whole grace after that', () => {
    const search = searched([
      [0, nothing],
      [1_000, nothing],
      [1_001, nothing],
    ]);
    const held = afterSearch(search, { kind: 'held', reason: TWICE, presumedLost: 1 }, 1_100, 1_100, GRACE);
    expect(held.held).toEqual(TWICE);
    const released = afterRelease(held.search, GRACE);
    expect(released).toEqual({
      attempt: 0,
      since: undefined,
      empty: 0,
      allowed: 3,
      presumedLost: 1,
      released: true,
      blocked: false,
    });
    expect(searchedEnough(afterSearch(released, nothing, 2_000, 2_000, GRACE).search)).toBe(false);
  });

  test.each([GRACE, NEVER])(
    'of a round with several attempts presumed lost allows one more attempt for each resume',
    (times) => {
      for (let presumedLost = 0; presumedLost < 6; presumedLost += 1) {
        // Each attempt has its own search, independent of the others.
        const found = { ...nothing, attempt: presumedLost, presumedLost };
        const { search } = afterSearch(NEW_SEARCH, found, 0, 0, times);
        const held =
          times.grace === null
            ? search
            : afterSearch(search, { kind: 'held', reason: TWICE, presumedLost }, 0, 0, times).search;
        const { allowed } = afterRelease(held, times);
        expect(allowed).toBe(Math.max(3, presumedLost + 1));
      }
    },
  );

  describe('for an attempt of a round with others presumed lost', () => {
    /** Empty searches, each at its time, after a number of attempts presumed lost. */
    function searchedAfter(
      presumedLost: number,
      searches: [at: number, proved: boolean][],
      from: Search = NEW_SEARCH,
    ) {
      let search = from;
      let held: SearchObstacle | undefined;
      for (const [at, proved] of searches) {
        const found = { ...nothing, attempt: presumedLost, presumedLost: presumedLost, proved };
        ({ search, held } = afterSearch(search, found, at, at, GRACE));
      }
      return { search, held, enough: searchedEnough(search) };
    }

    test.each<[number, number]>([
      [0, 1_000],
      [1, 4_000],
      [2, 16_000],
      [3, 1_000],
    ])('%i before: two searches that begin after %i ms are enough', (presumedLost, grace) => {
      const early: [number, boolean][] = [
        [0, true],
        [grace - 2, true],
        [grace - 1, true],
      ];
      expect(searchedAfter(presumedLost, early)).toMatchObject({ enough: false, held: undefined });
      const first: [number, boolean][] = [...early, [grace, true]];
      expect(searchedAfter(presumedLost, first)).toMatchObject({ enough: false, held: undefined });
      const both: [number, boolean][] = [...first, [grace + 1, true]];
      expect(searchedAfter(presumedLost, both)).toMatchObject({ enough: true, held: undefined });
    });

    test.each([1, 2])(
      '%i before: is held if the list shows no batch that is known to be ours',
      (presumedLost) => {
        // A batch that appears late, within one grace, is found without a person.
        expect(
          searchedAfter(presumedLost, [
            [0, false],
            [999, false],
          ]).held,
        ).toBeUndefined();
        const { held, enough } = searchedAfter(presumedLost, [
          [0, false],
          [1_000, false],
        ]);
        expect(held).toEqual({ code: 'unprovedAbsence' });
        expect(enough).toBe(false);
        // Also if it showed one before, and none after the whole grace.
        const grace = 1_000 * 4 ** presumedLost;
        expect(
          searchedAfter(presumedLost, [
            [0, true],
            [grace, true],
            [grace + 1, false],
          ]),
        ).toMatchObject({
          held: { code: 'unprovedAbsence' },
          enough: false,
        });
      },
    );

    test.each([0, 3])('%i before: needs no such batch', (presumedLost) => {
      expect(
        searchedAfter(presumedLost, [
          [0, false],
          [1_000, false],
          [1_001, false],
        ]),
      ).toMatchObject({
        held: undefined,
        enough: true,
      });
    });

    test('released by a person: needs one grace and no such batch', () => {
      const { search, held } = searchedAfter(1, [
        [0, false],
        [1_000, false],
      ]);
      expect(held).toBeDefined();
      const released = afterRelease(search, GRACE);
      expect(
        searchedAfter(
          1,
          [
            [5_000, false],
            [5_999, false],
          ],
          released,
        ),
      ).toMatchObject({ enough: false });
      expect(
        searchedAfter(
          1,
          [
            [5_000, false],
            [6_000, false],
            [6_001, false],
          ],
          released,
        ),
      ).toMatchObject({
        held: undefined,
        enough: true,
      });
    });
  });

  test('for another attempt than the released one is not allowed to continue', () => {
    const held = afterSearch(
      searched([[0, nothing]]),
      { kind: 'held', reason: TWICE, presumedLost: 4 },
      1,
      1,
      GRACE,
    );
    const released = afterRelease(held.search, GRACE);
    expect(afterSearch(released, nothing, 2, 2, GRACE).search).toMatchObject({ allowed: 5, released: true });
    expect(afterSearch(released, { ...nothing, attempt: 1 }, 2, 2, GRACE).search).toMatchObject({
      allowed: 3,
      released: false,
    });
  });
});
