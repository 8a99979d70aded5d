import { describe, expect, it, test } from 'vitest';
import { cachedWorkflows } from '../../../src/worker/cached-workflows';

const MB = 1024 * 1024;

describe('the cache of workflows', () => {
  test.each([
    ['a container of 512 MB', 512, 256, 212],
    ['a container of 2 GB', 2_048, 1_024, 1_024],
    ['a large machine', 24_000, 4_144, 4_144],
    ['a large machine, whose heap was limited', 24_000, 512, 512],
    ['very little memory: enough for a few jobs', 256, 128, 100],
    ['a heap without bounds', 256_000, 128_000, 10_000],
  ])('in %s', (_, total, heap, size) => {
    expect(cachedWorkflows({ total: total * MB, heap: heap * MB })).toBe(size);
  });

  it('has at least the minimum size with this process’s own memory', () => {
    expect(cachedWorkflows()).toBeGreaterThanOrEqual(100);
  });
});
