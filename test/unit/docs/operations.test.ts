import { describe, expect, it } from 'vitest';
import { createActivities } from '../../../activities';
import * as names from '../../../src/job/names';
import { readMarkdown, rows, section } from './markdown';

const markdown = readMarkdown('docs/operations.md');
const inCode = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
const told = (heading: string, column: number) =>
  rows(section(markdown, heading)).flatMap((cells) => inCode(cells[column] ?? ''));

describe('docs/operations.md', () => {
  it('has every name that Temporal shows', () => {
    const { SEARCH_ATTRIBUTES: _, ...others } = names;
    const activities = Object.keys(createActivities({} as Parameters<typeof createActivities>[0]));
    expect(told('Names', 1).sort()).toEqual([...Object.values(others), ...activities].sort());
  });

  it('has every search attribute', () => {
    expect(told('Search attributes', 0).sort()).toEqual(Object.values(names.SEARCH_ATTRIBUTES).sort());
  });
});
