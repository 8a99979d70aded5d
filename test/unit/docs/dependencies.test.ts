import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json';
import { codeOf, readMarkdown, rows, section } from './markdown';

const markdown = readMarkdown('docs/dependencies.md');
const listed = (heading: string) => rows(section(markdown, heading)).map(([name]) => codeOf(name));

describe('docs/dependencies.md', () => {
  const peers = Object.keys(manifest.peerDependencies);

  it.each([
    ['At run time', Object.keys(manifest.dependencies)],
    ['Peer dependencies', peers],
    // The reasons of peers are listed once.
    [
      'Development dependencies',
      Object.keys(manifest.devDependencies).filter((name) => !peers.includes(name)),
    ],
  ])('has the dependencies of package.json: %s', (heading, names) => {
    expect(listed(heading).sort()).toEqual(names.sort());
  });

  it('has a reason for each', () => {
    for (const [name, reason = ''] of rows(markdown))
      expect([name, reason.length > 10]).toEqual([name, true]);
  });
});
