import { expect, it } from 'vitest';
import { FAILURE } from '../../../src/job/failure';
import { readMarkdown, section } from './markdown';

it('docs/client.md has every type of failure, and no other', () => {
  const told = section(readMarkdown('docs/client.md'), 'Types of failures').match(/anthropic\.[A-Z]\w+/g);
  expect([...new Set(told)].sort()).toEqual(Object.values(FAILURE).sort());
});
