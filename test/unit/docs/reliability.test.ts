import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/root';
import { readMarkdown, rows } from './markdown';

const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
const table = rows(readMarkdown('docs/reliability.md')).filter((cells) => cells.length === 3);

describe('docs/reliability.md', () => {
  it('has a table', () => expect(table.length).toBeGreaterThan(20));

  it.each(table)('%s: names the tests that show it', (_fault, happens, shown = '') => {
    expect(happens).not.toBe('');
    const tests = [...shown.matchAll(LINK)];
    expect(tests.length, 'links to tests').toBeGreaterThan(0);
    for (const [, title, target] of tests) {
      const file = normalize(join(root, 'docs', target!));
      expect(target).toMatch(/^\.\.\/test\/.*\.test\.ts$/);
      expect(existsSync(file), `${target} exists`).toBe(true);
      const code = readFileSync(file, 'utf8');
      expect(code.split(title!).length - 1, `tests of ${target} whose titles have “${title}”`).toBe(1);
    }
  });
});
