import { describe, expect, it } from 'vitest';
import { MOST_FILE_BYTES } from '../../../src/input/file-documents';
import { parseDuration } from '../../../src/job-spec/duration';
import { MOST_LEVELS, MOST_LINE_BYTES } from '../../../src/job-spec/limits';
import { OPTION_RULES } from '../../../src/job-spec/options';
import { codeOf, readMarkdown, rows, section } from './markdown';

const told = new Map(
  rows(section(readMarkdown('docs/job-spec.md'), 'Options')).map(([name, ...rest]) => [codeOf(name)!, rest]),
);

/** Converts a default from the table into the code's form. */
function defaultOf(text: string | undefined): unknown {
  if (text === '[]') return [];
  if (text === '{}') return {};
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : (parseDuration(text) ?? text);
}

describe('docs/job-spec.md', () => {
  it('has the limits of an input', () => {
    const most = rows(section(readMarkdown('docs/job-spec.md'), 'Limits')).map(([, limit]) => limit);
    expect(most).toEqual([`${MOST_LINE_BYTES.toLocaleString('en-US')} bytes`, String(MOST_LEVELS)]);
  });

  it('has the largest file that is a document', () => {
    const text = section(readMarkdown('docs/job-spec.md'), 'Files as documents');
    expect(text).toContain(MOST_FILE_BYTES.toLocaleString('en-US'));
  });

  it('has each option, and no other', () => {
    expect([...told.keys()]).toEqual(Object.keys(OPTION_RULES));
  });

  it.each(Object.entries(OPTION_RULES))('has the default of %s', (name, { schema }) => {
    expect(defaultOf(codeOf(told.get(name)?.[0]))).toEqual(schema.parse(undefined));
  });

  it.each(Object.entries(OPTION_RULES))('has the limits of %s', (name, { schema }) => {
    const takes = (value: unknown) => schema.safeParse(value).success;
    const [, least, most] = LIMITS.exec(told.get(name)?.[1] ?? '') ?? [];
    if (least !== undefined) {
      const value = numberOf(least);
      expect([takes(value), takes(value - 1)]).toEqual([true, false]);
    }
    if (most !== undefined) {
      const value = numberOf(most);
      expect([takes(value), takes(value + 1)]).toEqual([true, false]);
    }
    // Limits in words have no numbers to compare.
    expect(least === undefined).toBe(
      [
        'resendLostResults',
        'deduplicate',
        'reuse',
        'maxUsd',
        'maxUsdPerRequest',
        'onBudget',
        'betas',
        'allowUnknownParams',
        'idField',
        'prices',
        'tags',
        'onComplete',
      ].includes(name),
    );
  });
});

const LIMITS = /^(?:at least )?([\d,]+[a-z]*)(?: to ([\d,]+[a-z]*))?/;

const numberOf = (text: string): number => {
  const plain = text.replaceAll(',', '');
  return /^\d+$/.test(plain) ? Number(plain) : parseDuration(plain)!;
};
