import { describe, expect, test } from 'vitest';
import { FAILURE } from '../../../src/job/failure';
import { failedReason, isSameReason, readReason, type WaitReason } from '../../../src/job/reason';
import { reasonText } from '../../../src/job/reason-text';
import { REASONS } from '../../support/reasons';

type Code = WaitReason['code'];
type Of<C extends Code> = Extract<WaitReason, { code: C }>;

const reason = <C extends Code>(code: C): Of<C> => REASONS.find((one): one is Of<C> => one.code === code)!;

const NOTHING_LISTED = 'A batch was sent, its answer was lost, and the list shows no batch that may be it.';
const ASK =
  'Search the Anthropic Console for a batch of 250 requests, created at 2026-11-22 12:00 UTC or soon after. If ' +
  'there is none, resume the job: after the grace, and two more searches that find nothing, the chunk sends ' +
  'the round again.';

const SENTENCES: Record<Code, string> = {
  failed: 'The API answered 500.',
  chunkClosed: 'The chunk was closed after its job was last known to be running.',
  jobEnded: 'Temporal reports that the job has ended, so nothing was sent.',
  jobReplaced: 'A job with the same id may have been started, and Temporal cannot be asked.',
  overBudget:
    'The budget of the job, 5.00 USD with 4.00 spent and 0.75 reserved, has too little left for the chunk: it ' +
    'costs up to 0.50 USD.',
  keyChanged:
    'A batch was sent, its answer was lost, and the API key has changed since. The new key may reach another ' +
    'workspace. Give the workers the key that sent the batch, or a key of the same workspace.',
  unreadableBatches:
    'A batch was sent and its answer was lost. It may be msgbatch_1, msgbatch_2, but the results that would ' +
    'prove it cannot be read.',
  unsearchableList:
    'A batch was sent, its answer was lost, and the list of batches cannot be searched. It has no end.',
  noBatchListed: NOTHING_LISTED,
  unprovedAbsence:
    `${NOTHING_LISTED} This happened in this round before, and the list shows no batch that this store ` +
    'knows, so it does not prove that the batch does not exist.',
  presumedLostBefore: `${NOTHING_LISTED} 3 batches of this round were presumed lost before.`,
  held:
    'Chunk 3 sent a batch, its answer was lost, and the list shows no batch that may be it. 3 batches of this ' +
    `round were presumed lost before. ${ASK}`,
  unpaid: 'the account could not pay for 2 of the requests',
  contradictedAnswer: "The API's answer names the batch msgbatch_1, which does not match what was sent.",
  answerLost: 'the answer to round 2 was lost; searching for its batch',
  malformedReplies: 'msgbatch_1: no size. msgbatch_2: no id.',
  orphanSearchFailed: 'The search for a batch that was presumed lost failed: The API answered 500.',
  orphansOpen: 'waiting for batches that were presumed lost and appeared later: msgbatch_1, msgbatch_2',
};

describe('the sentence of a reason', () => {
  test.each(Object.entries(SENTENCES))('%s', (code, sentence) => {
    expect(reasonText(reason(code as Code))).toBe(sentence);
  });

  test.each<[WaitReason, string]>([
    [
      { ...reason('overBudget'), fit: 'crowded', budget: 'day 2026-11-22' },
      'The budget of the store for the day 2026-11-22, 5.00 USD with 4.00 spent and 0.75 reserved, has too ' +
        'little left until more chunks end: it costs up to 0.50 USD.',
    ],
    [
      { ...reason('unreadableBatches'), problems: ['msgbatch_1: no size.'] },
      `${SENTENCES.unreadableBatches} msgbatch_1: no size.`,
    ],
    [
      { ...reason('held'), requests: 1, why: { code: 'noBatchListed' } },
      `Chunk 3 sent a batch, its answer was lost, and the list shows no batch that may be it. ${ASK}`.replace(
        '250 requests',
        '1 request',
      ),
    ],
    [
      { ...reason('held'), why: { code: 'keyChanged' } },
      `Chunk 3 sent a batch, ${SENTENCES.keyChanged.slice('A batch was sent, '.length)} Then resume the job: ` +
        'the chunk searches again.',
    ],
    [
      { ...reason('held'), why: reason('unsearchableList') },
      'Chunk 3 sent a batch, its answer was lost, and the list of batches cannot be searched. It has no end. ' +
        'Search the Anthropic Console for a batch of 250 requests, created at 2026-11-22 12:00 UTC or soon ' +
        'after. Correct the gateway between the workers and the API, then resume the job: the chunk searches ' +
        'again. Or cancel the job: the documents are left unresolved.',
    ],
    [
      { ...reason('held'), why: reason('unreadableBatches') },
      `Chunk 3 sent a batch and ${SENTENCES.unreadableBatches.slice('A batch was sent and '.length)} If the ` +
        'Anthropic Console shows these results, resume the job: the chunk searches again. If they are gone, ' +
        'cancel the job: the documents are left unresolved.',
    ],
    [
      { ...reason('answerLost'), watching: ['msgbatch_1', 'msgbatch_2'] },
      `${SENTENCES.answerLost}; watching msgbatch_1, msgbatch_2`,
    ],
    [{ ...reason('orphansOpen'), message: 'It broke.' }, `${SENTENCES.orphansOpen} (It broke.)`],
  ])('has what %j adds', (given, sentence) => {
    expect(reasonText(given)).toBe(sentence);
  });
});

describe('a reason from a workflow', () => {
  test.each(REASONS)('is read unchanged: %j', (given) => {
    expect(readReason(JSON.parse(JSON.stringify(given)))).toEqual(given);
    expect(readReason({ ...given, more: 1 })).toEqual(given);
  });

  test.each(REASONS)('is ignored if a parameter is malformed: %j', (given) => {
    for (const name of Object.keys(given)) {
      for (const value of [null, {}, { toString: null }, [7], -1, Number.NaN, 1.5, true]) {
        expect(readReason({ ...given, [name]: value })).toBeUndefined();
      }
    }
  });

  test.each([undefined, null, 'failed', 7, [], {}, { code: 'dancing' }, { code: '__proto__' }])(
    'is ignored if it is %j',
    (value) => {
      expect(readReason(value)).toBeUndefined();
    },
  );
});

describe('two reasons are the same', () => {
  const failed = reason('failed');
  test.each<[string, WaitReason, WaitReason, boolean]>([
    ['if only the words differ', failed, { ...failed, message: 'It broke.' }, true],
    ['unless the failure is of another type', failed, { ...failed, type: FAILURE.billing }, false],
    ['unless the API names another error', failed, { ...failed, subtype: 'overloaded_error' }, false],
    ['unless only one names its error', failed, { ...failed, subtype: undefined }, false],
    ['unless their codes differ', failed, { ...failed, code: 'orphanSearchFailed' }, false],
    ['if only amounts differ', reason('overBudget'), { ...reason('overBudget'), spent: '4.10' }, true],
    [
      'unless the budget is another one',
      reason('overBudget'),
      { ...reason('overBudget'), budget: 'day 2026-11-22' },
      false,
    ],
    [
      'unless the chunk may fit now',
      reason('overBudget'),
      { ...reason('overBudget'), fit: 'crowded' },
      false,
    ],
    [
      'unless other batches may be the round’s',
      reason('answerLost'),
      { ...reason('answerLost'), watching: ['m'] },
      false,
    ],
  ])('%s', (_, one, other, same) => {
    expect(isSameReason(one, other)).toBe(same);
    expect(isSameReason(other, one)).toBe(same);
  });

  test('also if there are none', () => {
    expect(isSameReason(undefined, undefined)).toBe(true);
    expect(isSameReason(failed, undefined)).toBe(false);
    expect(isSameReason(undefined, failed)).toBe(false);
  });

  test.each(REASONS)('as themselves, after they were sent: %j', (given) => {
    expect(isSameReason(given, readReason(JSON.parse(JSON.stringify(given))))).toBe(true);
  });
});

test('a failure of a step is a reason with what its root says', () => {
  const root = Object.assign(new Error('The API answered 402.'), {
    type: FAILURE.billing,
    details: [{ subtype: 'billing_error' }],
  });
  expect(failedReason(new Error('Activity task failed', { cause: root }))).toEqual({
    code: 'failed',
    type: FAILURE.billing,
    subtype: 'billing_error',
    message: 'The API answered 402.',
  });
  for (const details of [undefined, null, [], [null], ['text'], [{ subtype: 7 }], 'text']) {
    expect(failedReason(Object.assign(new Error('It broke.'), { details }))).toEqual({
      code: 'failed',
      message: 'It broke.',
    });
  }
});
