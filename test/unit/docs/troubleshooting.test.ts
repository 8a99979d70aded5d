import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit';
import { docsOf } from '../../../src/errors/anthropic-batch-error';
import { FAILURE } from '../../../src/job/failure';
import { ERRORS } from '../errors/every-error';
import { anchors, codeOf, readMarkdown, rows, section } from './markdown';

const markdown = readMarkdown('docs/troubleshooting.md');
const firstCells = (heading: string) => rows(section(markdown, heading)).map(([cell]) => cell!);

describe('docs/troubleshooting.md', () => {
  it('has each type of failure once, and no other', () => {
    const types = firstCells('Types of failures').map(codeOf);
    expect(types.sort()).toEqual(Object.values(FAILURE).sort());
  });

  it('has an anchor for each type of failure', () => {
    const targets = anchors(markdown);
    const missing = Object.values(FAILURE).filter((type) => !targets.includes(docsOf(type).split('#')[1]!));
    expect(missing).toEqual([]);
  });

  it('has each error class with its code and its anchor', () => {
    const expected = Object.values(ERRORS).map(
      ({ name, code, docs }) => `\`${name}\`<br>\`${code}\`<a id="${docs.split('#')[1]}"></a>`,
    );
    expect(firstCells('Errors of the client').sort()).toEqual(expected.sort());
  });

  it('has each exit code of the program', () => {
    expect(firstCells('Exit codes of the command line').map(Number)).toEqual(Object.values(EXIT));
  });
});
