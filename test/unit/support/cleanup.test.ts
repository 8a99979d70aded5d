import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { own } from '../../support/cleanup';

const disposed: string[] = [];

describe.concurrent('tests that run at the same time', () => {
  test('the longer one', async () => {
    own(() => disposed.push('longer, owned first'));
    await sleep(200);
    expect(disposed).toEqual(['shorter, owned last', 'shorter, owned first']);
    own(() => disposed.push('longer, owned last'));
  });

  test('the shorter one', async () => {
    own(() => disposed.push('shorter, owned first'));
    await sleep(20);
    own(() => disposed.push('shorter, owned last'));
  });
});

test('each of them disposed of what it owned when it ended, the latest first', () => {
  expect(disposed).toEqual([
    'shorter, owned last',
    'shorter, owned first',
    'longer, owned last',
    'longer, owned first',
  ]);
});
