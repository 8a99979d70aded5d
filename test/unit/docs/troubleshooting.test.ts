import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/cli/exit';
import * as errors from '../../../src/client/errors';
import { FAILURE } from '../../../src/job/failure';
import { codeOf, readMarkdown, rows, section } from './markdown';

const markdown = readMarkdown('docs/troubleshooting.md');
const firstCells = (heading: string) => rows(section(markdown, heading)).map(([cell]) => cell!);

describe('docs/troubleshooting.md', () => {
  it('has each type of failure once, and no other', () => {
    const types = firstCells('Types of failures').map(codeOf);
    expect(types.sort()).toEqual(Object.values(FAILURE).sort());
  });

  it('has each error of the client', () => {
    const classes = Object.keys(errors).filter((name) => name.endsWith('Error'));
    expect(firstCells('Errors of the client').map(codeOf)).toEqual(expect.arrayContaining(classes));
  });

  it('has each exit code of the program', () => {
    expect(firstCells('Exit codes of the command line').map(Number)).toEqual(Object.values(EXIT));
  });
});
