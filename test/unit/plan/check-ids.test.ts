import { describe, expect, it } from 'vitest';
import { hashBytes, IdSieve } from '../../../src/input/id-sieve';
import fc from '../../support/fc';
import { jsonl, Planning } from './planning';

async function check(ids: unknown[], chunkSize = 3): Promise<void> {
  const planning = await Planning.of(jsonl(ids.map((id) => ({ id, text: 'x' }))), { spec: { chunkSize } });
  const chunks = (await planning.all()).flatMap((page) => page.chunks);
  await planning.checkIds(chunks.length);
}

describe('the ids of a job', () => {
  it.each([
    [[]],
    [['a']],
    [['a', 'b', 'A', ' a', 'a ', 'a"', 'a\\"', 'a\\', '👋', '\u2028', '3x', undefined, 8]],
  ])('may all be different: %j', async (ids) => {
    await check(ids);
  });

  it.each([
    [['x', 'y', 'a', 'z', 'w', 'v', 'a'], '"a"', '3 and 7'],
    [['a', 'a', 'a', 'b', 'b'], '"a"', '1 and 2'],
    [['a"\\👋', 'x', 'a"\\👋'], '"a\\"\\\\👋"', '1 and 3'],
    [['2', undefined], '"2"', '1 and 2'],
    [[5, '5'], '"5"', '1 and 2'],
  ])('may not be the same twice: %j', async (ids, id, lines) => {
    await expect(check(ids)).rejects.toMatchObject({
      whole: `Duplicate document id ${id}: lines ${lines}.`,
      message: `Lines ${lines} of the input have the same document id.`,
      type: 'anthropic.DuplicateId',
      nonRetryable: true,
    });
  });

  it('are named by the numbers of elements in a JSON array', async () => {
    const input = '[{"id":"a","text":"x"},\n\n{"id":"b","text":"x"},{"id":"a","text":"x"}]';
    const planning = await Planning.of(input, { format: 'json' });
    await planning.all();
    await expect(planning.checkIds(1)).rejects.toMatchObject({
      whole: 'Duplicate document id "a": elements 1 and 3.',
      message: 'Elements 1 and 3 of the input have the same document id.',
    });
  });

  it('are distinguished for any texts', async () => {
    const ids = fc.array(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }).filter((id) => id.isWellFormed()),
    );
    await fc.assert(
      fc.asyncProperty(ids, async (ids) => {
        const isUnique = new Set(ids).size === ids.length;
        await expect(
          check(ids).then(
            () => true,
            (error) => error.type,
          ),
        ).resolves.toBe(isUnique || 'anthropic.DuplicateId');
      }),
      { numRuns: 50 },
    );
  });
});

describe('the sieve', () => {
  /** All suspects of the sieve, in as many passes as it needs. */
  function suspects(hashes: [number, number][], limit?: number) {
    const sieve = new IdSieve(limit);
    let passes = 0;
    const found = new Set<number>();
    do {
      for (const [low, high] of hashes) sieve.add(low, high);
      passes++;
    } while (sieve.endPass());
    for (const low of sieve.takeSuspects()) found.add(low);
    return { passes, found };
  }

  it('finds exactly the repeated hashes, with any capacity', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 20_000, size: 'max' }), fc.nat(20), (lows, twice) => {
        const hashes = lows.map((low) => [low, low ^ 5] as [number, number]);
        const repeated = lows.slice(0, twice);
        const all = [...hashes, ...repeated.map((low) => [low, (low ^ 5) >>> 0] as [number, number])];
        expect(suspects(all, 4_096).found).toEqual(new Set(repeated));
      }),
      { numRuns: 30 },
    );
  });

  it('needs more passes for more hashes than its capacity', () => {
    const hashes = Array.from(
      { length: 50_000 },
      (_, i) => [Math.imul(i, 0x9e3779b1) >>> 0, i] as [number, number],
    );
    expect(suspects(hashes).passes).toBe(1);
    const { passes, found } = suspects(hashes, 8_192);
    expect(passes).toBeGreaterThan(4);
    expect(found.size).toBe(0);
  });

  it('stores a hash that is repeated a million times once', () => {
    const sieve = new IdSieve(4_096);
    for (let i = 0; i < 1_000_000; i++) sieve.add(1, 2);
    expect(sieve.endPass()).toBe(false);
    expect(sieve.suspicions).toBe(1);
  });

  it('has a hash that distinguishes a million numbered ids', () => {
    const seen = new Set<bigint>();
    for (let i = 0; i < 1_000_000; i++) {
      const bytes = Buffer.from(`doc-${i}`);
      hashBytes(bytes, 0, bytes.length, (low, high) => seen.add((BigInt(high) << 32n) | BigInt(low)));
    }
    expect(seen.size).toBe(1_000_000);
  });
});
