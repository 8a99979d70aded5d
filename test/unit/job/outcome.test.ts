import { describe, expect, test } from 'vitest';
import type { OutcomeClass } from '../../../src/job/job';
import { addCounts, classify, failedCount, isUnpaid, noCounts, type Outcome } from '../../../src/job/outcome';
import fc from '../../support/fc';

describe('the class of an outcome decides about the next round', () => {
  const table: [Outcome, OutcomeClass][] = [
    [{ status: 'succeeded', stopReason: 'end_turn' }, 'succeeded'],
    [{ status: 'succeeded', stopReason: 'stop_sequence' }, 'succeeded'],
    [{ status: 'succeeded', stopReason: 'tool_use' }, 'succeeded'],
    [{ status: 'succeeded', stopReason: null }, 'succeeded'],
    [{ status: 'succeeded' }, 'succeeded'],
    [{ status: 'succeeded', stopReason: 'max_tokens' }, 'incomplete'],
    [{ status: 'succeeded', stopReason: 'model_context_window_exceeded' }, 'incomplete'],
    [{ status: 'succeeded', stopReason: 'refusal' }, 'incomplete'],
    [{ status: 'succeeded', stopReason: 'pause_turn' }, 'incomplete'],
    [{ status: 'errored', errorType: 'overloaded_error' }, 'transient'],
    [{ status: 'errored', errorType: 'rate_limit_error' }, 'transient'],
    [{ status: 'errored', errorType: 'timeout_error' }, 'transient'],
    [{ status: 'errored', errorType: 'api_error' }, 'transient'],
    [{ status: 'errored', errorType: 'some_error_of_tomorrow' }, 'transient'],
    [{ status: 'errored' }, 'transient'],
    [{ status: 'errored', errorType: 'invalid_request_error' }, 'permanent'],
    [{ status: 'errored', errorType: 'authentication_error' }, 'permanent'],
    [{ status: 'errored', errorType: 'permission_error' }, 'permanent'],
    [{ status: 'errored', errorType: 'not_found_error' }, 'permanent'],
    [{ status: 'errored', errorType: 'request_too_large' }, 'permanent'],
    // The request is valid. It is answered once the account can pay.
    [{ status: 'errored', errorType: 'billing_error' }, 'transient'],
    [
      {
        status: 'errored',
        errorType: 'invalid_request_error',
        errorMessage: 'Your credit balance is too low to access the Anthropic API.',
      },
      'transient',
    ],
    [
      {
        status: 'errored',
        errorType: 'invalid_request_error',
        errorMessage: 'You have reached your specified workspace API usage limits.',
      },
      'transient',
    ],
    [
      { status: 'errored', errorType: 'rate_limit_error', errorCode: 'enforced_spend_limit_reached' },
      'transient',
    ],
    [
      {
        status: 'errored',
        errorType: 'invalid_request_error',
        errorMessage: 'messages.0: "Your credit balance is too low" is no role',
      },
      'permanent',
    ],
    [{ status: 'expired' }, 'transient'],
    [{ status: 'expired', canceledByJob: true }, 'transient'],
    [{ status: 'canceled' }, 'transient'],
    [{ status: 'canceled', canceledByJob: false }, 'transient'],
    [{ status: 'canceled', canceledByJob: true }, 'not_sent'],
    [{ status: 'not_sent' }, 'not_sent'],
  ];
  test.each(table)('%o is %s', (outcome, expected) => {
    expect(classify(outcome)).toBe(expected);
  });
});

test('unpaid requests are distinguished from other failures', () => {
  const unpaid: Outcome = { status: 'errored', errorType: 'billing_error' };
  expect(isUnpaid(unpaid)).toBe(true);
  expect(isUnpaid({ ...unpaid, status: 'canceled' })).toBe(false);
  expect(isUnpaid({ status: 'errored', errorType: 'overloaded_error' })).toBe(false);
  expect(isUnpaid({ status: 'errored', errorType: 'invalid_request_error', errorMessage: 'No.' })).toBe(
    false,
  );
});

describe('for any result of a request', () => {
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'invalid_request_error',
      'billing_error',
      'api_error',
      'Your credit balance is too low',
      'max_tokens',
    ),
  );
  const outcome: fc.Arbitrary<Outcome> = fc.record({
    status: fc.constantFrom('succeeded', 'errored', 'expired', 'canceled', 'not_sent'),
    errorType: fc.option(words, { nil: undefined }),
    errorMessage: fc.option(words, { nil: undefined }),
    errorCode: fc.option(words, { nil: undefined }),
    stopReason: fc.option(words),
    canceledByJob: fc.boolean(),
  });

  test('there is a class, and a paid or unsent request is never resent', () => {
    fc.assert(
      fc.property(outcome, (outcome) => {
        const found = classify(outcome);
        expect(['succeeded', 'transient', 'permanent', 'incomplete', 'not_sent']).toContain(found);
        if (outcome.status === 'succeeded') expect(['succeeded', 'incomplete']).toContain(found);
        else expect(['succeeded', 'incomplete']).not.toContain(found);
        if (outcome.status === 'not_sent') expect(found).toBe('not_sent');
        // Only requests that failed for insufficient credit are resent once the account can pay.
        if (isUnpaid(outcome)) expect([outcome.status, found]).toEqual(['errored', 'transient']);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('counts', () => {
  const some = { succeeded: 5, errored: 1, expired: 2, canceled: 3, not_sent: 4 };

  test('add up, status by status, and do not change their parts', () => {
    const sum = addCounts(some, { ...noCounts(), succeeded: 10, not_sent: 1 });
    expect(sum).toEqual({ succeeded: 15, errored: 1, expired: 2, canceled: 3, not_sent: 5 });
    expect(some.succeeded).toBe(5);
    expect(addCounts(noCounts(), some)).toEqual(some);
  });

  test('all documents without an answer count as failed', () => {
    expect(failedCount(some)).toBe(10);
    expect(failedCount(noCounts())).toBe(0);
  });
});
