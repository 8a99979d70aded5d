import { expect, test } from 'vitest';
import { heldText, waitsForPerson } from '../../../src/cli/follow';

test.each([
  ['held', 2, 2, true],
  ['held', 1, 2, false],
  ['running', undefined, 0, false],
] as const)(
  'a job that is %s, with %s of %i chunks held, waits only for a person: %s',
  (state, held, running, expected) => {
    expect(waitsForPerson({ state, chunks: { planned: 3, running, done: 0, held } })).toBe(expected);
  },
);

test('the message about a held job names the command that releases it', () => {
  const options = { store: 's3://bucket/x', taskQueue: 'anthropic-batch' } as Parameters<typeof heldText>[2];
  expect(heldText('a job', 'No batch shows.', options)).toBe(
    `The job a job is held. No batch shows. Release it with "anthropic-batch resume 'a job' --store s3://bucket/x".`,
  );
  expect(heldText('j', undefined, { ...options, store: '.anthropic-batch' })).toBe(
    'The job j is held. Release it with "anthropic-batch resume j".',
  );
});
