import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/root';
import { anchors, links, markdownFiles, readMarkdown } from './markdown';

const relative = (target: string) => !/^[a-z]+:/.test(target);

describe.each(markdownFiles())('%s', (file) => {
  const markdown = readMarkdown(file);

  it.each([...new Set(links(markdown).filter(relative))])('%s has a target', (target) => {
    const [path = '', fragment] = target.split('#');
    const to = path === '' ? file : normalize(join(dirname(file), path));
    expect(existsSync(join(root, to)), `${to} exists`).toBe(true);
    if (fragment === undefined) return;
    expect(anchors(readMarkdown(to))).toContain(fragment);
  });

  it('has distinct anchors', () => {
    const twice = anchors(markdown).filter((each, index, all) => all.indexOf(each) !== index);
    // Links to the second of two equal headings change when another one is inserted between them.
    expect(file === 'CHANGELOG.md' ? [] : twice).toEqual([]);
  });

  it('has no plain HTTP links', () => {
    expect(links(markdown).filter((target) => target.startsWith('http:'))).toEqual([]);
  });
});

it('every document is reached from the README', () => {
  const reached = links(readMarkdown('README.md'));
  const missing = markdownFiles().filter((file) => file !== 'README.md' && !reached.includes(file));
  expect(missing).toEqual([]);
});
