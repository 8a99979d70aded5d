import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../src/cli/program';
import { tempDir } from '../../support/temp-dir';
import { TEMPLATE } from '../../support/template';

let dir: string;
beforeEach(async () => {
  dir = await tempDir();
  await writeFile(join(dir, 'template.json'), JSON.stringify(TEMPLATE));
});
afterEach(() => vi.restoreAllMocks());

/** Makes a dry run of documents, with neither a Temporal server nor a key. */
async function dryRun(content: string, ...flags: string[]) {
  const input = join(dir, 'docs.jsonl');
  await writeFile(input, content);
  const [said, printed]: string[][] = [[], []];
  vi.spyOn(process.stderr, 'write').mockImplementation((data) => said!.push(String(data)) > 0);
  vi.spyOn(process.stdout, 'write').mockImplementation((data) => printed!.push(String(data)) > 0);
  const store = join(dir, 'store');
  const code = await run(['start', input, '--dry-run', '--store', store, ...flags]);
  return { code, out: printed!.join(''), err: said!.join('') };
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, n) => `{"id":"d${n}","text":"text ${n}"}\n`).join('');

describe('start --dry-run', () => {
  const template = () => ['--template', join(dir, 'template.json')];

  test('prints the first requests, and starts nothing', async () => {
    const { code, out, err } = await dryRun(lines(5), ...template());
    expect(code).toBe(0);
    expect(out).toMatch(/^d0\n\{\n {2}"model": /);
    expect(out).toContain('text 2');
    expect(out).not.toContain('text 3');
    expect(err).toContain('… and 2 more requests.');
    expect(err).toMatch(/5 valid documents: requests of \d+ bytes\. Nothing was started or sent\./);
  });

  test('prints one JSON object with --json', async () => {
    const { code, out } = await dryRun(lines(2), ...template(), '--json', '--limit', '1');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      documents: 1,
      bytes: expect.any(Number),
      first: [{ id: 'd0', params: expect.objectContaining({ model: TEMPLATE.model }) }],
    });
  });

  test.each([
    [
      'an invalid document far behind',
      `${lines(500)}{"id":"x"}\n`,
      'Document "x" (line 501): the field "text"',
    ],
    ['two equal ids', lines(2) + lines(1), 'Duplicate document id "d0": lines 1 and 3.'],
  ])('finds %s', async (_, content, message) => {
    const { code, err } = await dryRun(content, ...template());
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  });

  test("says that it cannot call the workers' builder", async () => {
    const { code, err } = await dryRun(lines(1), '--builder', 'mine');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('run anthropic-batch estimate') });
  });
});
