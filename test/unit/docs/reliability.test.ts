import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/root';
import { readMarkdown, rows } from './markdown';

const LINK = /\[([^\]]+)\]\(([^)]+)\)/g;
const table = rows(readMarkdown('docs/reliability.md')).filter((cells) => cells.length === 4);

describe('docs/reliability.md', () => {
  it('has a table', () => expect(table.length).toBeGreaterThan(20));

  it.each(table)('%s: is shown by existing tests', (_fault, seen, guaranteed, shown = '') => {
    expect([seen, guaranteed]).not.toContain('');
    const tests = [...shown.matchAll(LINK)];
    expect(tests.length, 'links to tests').toBeGreaterThan(0);
    for (const [, title, target] of tests) {
      const file = normalize(join(root, 'docs', target!));
      expect(target).toMatch(/^\.\.\/test\/.*\.test\.ts$/);
      expect(existsSync(file), `${target} exists`).toBe(true);
      expect(readFileSync(file, 'utf8'), `${target} has a test of this title`).toContain(title);
    }
  });
});
