import { expect, test } from 'vitest';
import { ErrorCounts } from '../../../src/job/error-counts';

test('errors are counted by type and message without its numbers, the most frequent first', () => {
  const errors = new ErrorCounts();
  errors.add('api_error', 'boom');
  for (const tokens of [9, 10, 11]) errors.add('invalid_request_error', `max_tokens: ${tokens} is too large`);
  errors.add('overloaded_error', 'boom');
  errors.add('api_error', 'boom');
  expect(errors.counts).toEqual([
    { type: 'invalid_request_error', message: 'max_tokens: 9 is too large', documents: 3 },
    { type: 'api_error', message: 'boom', documents: 2 },
    { type: 'overloaded_error', message: 'boom', documents: 1 },
  ]);
});

test('counts of several chunks add up', () => {
  const errors = new ErrorCounts();
  errors.addAll([{ type: 'a', message: 'm 1', documents: 2 }]);
  errors.addAll(undefined);
  errors.addAll([{ type: 'a', message: 'm 2', documents: 3 }]);
  expect(errors.counts).toEqual([{ type: 'a', message: 'm 1', documents: 5 }]);
});

test('no errors have no counts', () => expect(new ErrorCounts().counts).toBeUndefined());

test('any errors have counts of bounded size that include every document', () => {
  const errors = new ErrorCounts();
  const word = (n: number) => String.fromCharCode(97 + (n % 26), 97 + (Math.floor(n / 26) % 26));
  for (let n = 0; n < 600; n += 1) errors.add(`type ${word(n)}`, `${word(n)} ${'x'.repeat(1_000)}`);
  const counts = errors.counts!;
  expect(counts.length).toBeLessThanOrEqual(101);
  expect(counts.reduce((sum, { documents }) => sum + documents, 0)).toBe(600);
  expect(Math.max(...counts.map(({ message }) => message.length))).toBeLessThanOrEqual(300);
});
