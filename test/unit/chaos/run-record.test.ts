import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RunRecord } from '../../chaos/run-record';

test('a line that comes after the removal of a record is dropped', () => {
  const record = new RunRecord('unit');
  record.log('temporal', 'a line');
  expect(existsSync(record.path('temporal.log'))).toBe(true);
  record.remove();
  record.log('temporal', 'a late line');
  expect(existsSync(record.folder)).toBe(false);
});
