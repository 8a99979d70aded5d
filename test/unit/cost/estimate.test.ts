import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import { estimateByFormula } from '../../../src/cost/estimate/formula-estimate';
import { PRICES } from '../../../src/cost/prices/price-list';
import { usdString } from '../../../src/cost/prices/usd';
import { parsePrices } from '../../../src/job-spec/price-file';
import { tempDir } from '../../support/temp-dir';

afterEach(() => {
  vi.restoreAllMocks();
});

async function estimate(...args: string[]) {
  const said: string[] = [];
  const printed: string[] = [];
  const collect = (into: string[]) => (data: string | Uint8Array) => into.push(String(data)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(collect(said));
  vi.spyOn(process.stdout, 'write').mockImplementation(collect(printed));
  const code = await run(['estimate', ...args]);
  return { code, out: printed.join(''), err: said.join('') };
}

const FLAGS = ['--requests', '500', '--input-tokens', '1200', '--output-tokens', '400'];

describe('estimate', () => {
  test('prints standard, batch and saved', async () => {
    const { code, out, err } = await estimate(...FLAGS, '--model', 'claude-sonnet-4-6');
    expect(code).toBe(0);
    expect(out).toMatch(/standard +4\.80\n *batch +2\.40\n *saved +2\.40\n/);
    expect(out).not.toContain('year');
    expect(err).toContain('Prices as of 2026-11-22');
    expect(err).not.toContain('at once');
  });

  test('with --per-day prints the saving of a year', async () => {
    const { out } = await estimate(...FLAGS, '--model', 'claude-sonnet-4-6', '--per-day', '2');
    expect(out).toMatch(/saved a year +1,752\.00/);
  });

  test('with --json prints exact amounts', async () => {
    const { out } = await estimate(...FLAGS, '--model', 'claude-haiku-5-5', '--per-day', '1', '--json');
    expect(JSON.parse(out)).toEqual({
      model: 'claude-haiku-5-5',
      requests: 500,
      standard: '0.16',
      batch: '0.08',
      saved: '0.08',
      savedPerYear: '29.20',
    });
  });

  test('says for few requests that a call answers at once, and its cost', async () => {
    const few = ['--requests', '20', '--input-tokens', '1200', '--output-tokens', '400'];
    const { err } = await estimate(...few, '--model', 'claude-sonnet-4-6');
    expect((await estimate(...few, '--model', 'claude-sonnet-4-6', '--json')).err).toBe('');
    expect(err).toContain(
      'Fewer than 100 requests: messages.create answers each immediately, for 0.19 USD in all',
    );
  });

  test('takes prices of the user’s own', async () => {
    const file = join(await tempDir(), 'prices.json');
    const price = { input: 6, output: '30', cacheWrite5m: '7.5', cacheWrite1h: '12', cacheRead: '0.6' };
    await writeFile(file, JSON.stringify({ mine: price, 'claude-sonnet-4-6': [price] }));
    for (const model of ['mine', 'claude-sonnet-4-6']) {
      const { out, err } = await estimate(...FLAGS, '--model', model, '--prices', file);
      expect(out).toMatch(/standard +9\.60/);
      expect(err).toBe('');
    }
    expect((await estimate(...FLAGS, '--model', 'claude-opus-5', '--prices', file)).out).toMatch(
      /standard +8\.00/,
    );
  });

  test.each<[string, string[], RegExp]>([
    [
      'an unknown model',
      [...FLAGS, '--model', 'claude-sonnet-4'],
      /no price for the model "claude-sonnet-4".*--prices FILE/,
    ],
    [
      'no requests',
      ['--requests', '0', '--input-tokens', '1', '--output-tokens', '1', '--model', 'm'],
      /`--requests` must be an integer of at least 1 \(got 0\)/,
    ],
    [
      'half a token',
      ['--requests', '1', '--input-tokens', '0.5', '--output-tokens', '1', '--model', 'm'],
      /`--input-tokens` must be .*\(got 0\.5\)/,
    ],
    [
      'words',
      ['--requests', '1', '--input-tokens', '1', '--output-tokens', 'many', '--model', 'm'],
      /`--output-tokens` must be .*\(got many\)/,
    ],
    ['neither form', [], /\(missing: --requests, --input-tokens, --output-tokens, --model\)\./],
    [
      'both forms',
      ['docs.jsonl', ...FLAGS, '--per-day', '2'],
      /^Error: These flags are for the formula, without an INPUT: --requests, --input-tokens, --per-day\.\n$/,
    ],
    [
      'flags of the other form',
      ['--template', 't.json', '--exact'],
      /^Error: These flags need an INPUT, .*: --template, --exact\.\n$/,
    ],
    [
      'a missing flag',
      ['--requests', '1'],
      /needs --requests, .* \(missing: --input-tokens, --output-tokens, --model\)\./,
    ],
    [
      'a missing file',
      [...FLAGS, '--model', 'm', '--prices', '/nowhere/prices.json'],
      /price list \/nowhere\/prices\.json cannot be read/,
    ],
  ])('exits with 2 for %s, and says why', async (_, args, message) => {
    const { code, out, err } = await estimate(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
  });

  test('names mistakes in a price list', () => {
    const line = { input: '3', output: '15', cacheWrite5m: '3', cacheWrite1h: '6', cacheRead: '0.3' };
    expect(() => parsePrices({ m: { ...line, output: '1e3' } })).toThrow(
      /a price in USD per million tokens[\s\S]*m/,
    );
    expect(() => parsePrices({ m: { input: '3' } })).toThrow(/output/);
    expect(() => parsePrices({ m: [] })).toThrow();
    expect(() => parsePrices([])).toThrow();
  });
});

test('tiers apply to each request, not to the sum', () => {
  const input = { model: 'claude-haiku-5-5', outputTokens: 0, prices: PRICES, date: new Date('2026-11-22') };
  expect(usdString(estimateByFormula({ ...input, requests: 1_000, inputTokens: 100_000 }).standard)).toBe(
    '10.00',
  );
  expect(usdString(estimateByFormula({ ...input, requests: 1_000, inputTokens: 100_001 }).standard)).toBe(
    '50.0005',
  );
});
