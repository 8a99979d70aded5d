import { describe, expect, it } from 'vitest';
import { createActivities } from '../../../activities';
import { BILLING_CODES, lacksFunds } from '../../../src/job/billing-errors';
import * as names from '../../../src/job/names';
import { readReason, type WaitReason } from '../../../src/job/reason';
import { reasonText } from '../../../src/job/reason-text';
import { REASONS } from '../../support/reasons';
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

  it('has every answer that concerns the account’s money', () => {
    const answers = told('When the API says no', 0);
    expect(answers.filter((text) => /_(reached|unavailable)$/.test(text)).sort()).toEqual(
      [...BILLING_CODES].sort(),
    );
    const sentences = answers.filter((text) => text.startsWith('You'));
    expect(sentences).toHaveLength(3);
    for (const message of sentences)
      expect(lacksFunds({ type: 'invalid_request_error', message })).toBe(true);
  });

  it('has what to do for every reason for which a chunk is held', () => {
    const held = REASONS.find((reason) => reason.code === 'held')!;
    const isObstacle = (reason: WaitReason) => readReason({ ...held, why: reason }) !== undefined;
    const sentences = REASONS.filter(isObstacle).map(reasonText);
    const quoted = told('A chunk that is held', 0);
    expect(sentences.length).toBeGreaterThan(quoted.length);
    for (const sentence of sentences) expect(quoted.some((text) => sentence.includes(text))).toBe(true);
    for (const text of quoted) expect(sentences.some((sentence) => sentence.includes(text))).toBe(true);
  });

  it('has every search attribute', () => {
    expect(told('Search attributes', 0).sort()).toEqual(Object.values(names.SEARCH_ATTRIBUTES).sort());
  });
});
