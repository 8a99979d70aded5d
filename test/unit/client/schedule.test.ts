import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/client/errors';
import { scheduleRecord, temporalSpec } from '../../../src/client/schedules/schedule-options';
import { inputFor, inputProblem } from '../../../src/job-spec/schedule';
import { SpecError } from '../../../src/job-spec/validation-errors';

const spec = {
  template: {
    model: 'claude-haiku-5-5',
    max_tokens: 10,
    messages: [{ role: 'user' as const, content: '{{text}}' }],
  },
};

describe('the input of a firing', () => {
  const at = (input: string, timezone: string, time: string) => inputFor({ input, timezone }, time);

  it.each([
    ['docs/{date}.jsonl', 'UTC', '2026-11-22T23:30:00Z', 'docs/2026-11-22.jsonl'],
    ['docs/{date}.jsonl', 'Europe/Berlin', '2026-11-22T23:30:00Z', 'docs/2026-11-23.jsonl'],
    ['{date}/{hour}.csv', 'America/New_York', '2026-07-01T04:05:06.789Z', '2026-07-01/00.csv'],
    ['x-{time}.jsonl', 'Asia/Kolkata', '2026-01-01T00:00:00Z', 'x-20260101T000000Z.jsonl'],
    ['all.jsonl', 'UTC', '2026-11-22T00:00:00Z', 'all.jsonl'],
  ])('%s in %s', (input, timezone, time, expected) => {
    expect(at(input, timezone, time)).toBe(expected);
  });

  it('has an hour in each of the two nights when the clocks change', () => {
    expect(at('{time}', 'Europe/Berlin', '2026-03-29T01:00:00Z')).toBe('20260329T010000Z');
    expect(at('{time}', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('20261025T003000Z');
    expect(at('{hour}{offset}', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('02+0200');
    expect(at('{hour}{offset}', 'Europe/Berlin', '2026-10-25T01:30:00Z')).toBe('02+0100');
    expect(at('{hour}{offset}', 'UTC', '2026-10-25T01:30:00Z')).toBe('01+0000');
    expect(at('{offset}', 'America/St_Johns', '2026-01-25T01:30:00Z')).toBe('-0330');
  });
});

describe('an input pattern', () => {
  it.each(['docs/{date}.jsonl', 'a.csv', '{date}/{hour}/{time}.jsonl', 'a b/ü.jsonl'])(
    'may be %s',
    (input) => {
      expect(inputProblem(input)).toBeUndefined();
    },
  );

  it.each([
    ['', /empty/],
    ['/etc/passwd', /relative/],
    ['C:/docs.jsonl', /relative/],
    ['s3://bucket/x', /relative/],
    ['../x.jsonl', /begin with a dot/],
    ['a/../x.jsonl', /begin with a dot/],
    ['a//x.jsonl', /empty/],
    ['a/', /empty/],
    ['a\\b', /joined by/],
    ['{day}.jsonl', /no placeholder \{day\}.*\{date\}, \{hour\}, \{offset\}, \{time\}/],
    ['{date.jsonl', /brace/],
    ['{constructor}', /no placeholder/],
  ])('may not be %s', (input, problem) => {
    expect(inputProblem(input)).toMatch(problem);
  });
});

describe("a schedule's options", () => {
  const good = { spec, input: '{date}.csv', cron: '0 6 * * *' };

  it('become a record with defaults', () => {
    const record = scheduleRecord('daily', good);
    expect(record).toMatchObject({
      version: 1,
      id: 'daily',
      input: '{date}.csv',
      format: 'csv',
      timezone: 'UTC',
      when: { cron: ['0 6 * * *'] },
      spec: { version: 1, request: { template: spec.template }, model: 'claude-haiku-5-5' },
    });
    expect(record.spec).not.toHaveProperty('id');
    expect(record.spec).not.toHaveProperty('source');
    expect(temporalSpec(record)).toEqual({ cronExpressions: ['0 6 * * *'], timezone: 'UTC' });
  });

  it('change only what is given', () => {
    const before = scheduleRecord('daily', { ...good, timezone: 'Europe/Berlin' });
    expect(scheduleRecord('daily', { input: 'x.jsonl' }, before)).toEqual({
      ...before,
      input: 'x.jsonl',
      format: 'jsonl',
    });
    const hourly = scheduleRecord('daily', { every: '1h' }, before);
    expect(hourly).toEqual({ ...before, when: { every: 3_600_000 } });
    expect(temporalSpec(hourly)).toEqual({ intervals: [{ every: 3_600_000 }], timezone: 'Europe/Berlin' });
  });

  it.each([
    [{ ...good, input: '/x' }, /`input` must be .*\(got "\/x"\)/],
    [{ ...good, timezone: 'Mars/Olympus' }, /`timezone` must be .*\(got "Mars\/Olympus"\)/],
    [{ ...good, cron: 'tomorrow' }, /`cron` must be .*\(got "tomorrow"\)/],
    [{ ...good, cron: [] }, /`cron` must have at least one/],
    [{ ...good, cron: undefined, every: '10' }, /`every` must be .*\(got "10"\)/],
    [{ ...good, cron: undefined, every: '1ms' }, /`every` must be .*\(got "1ms"\)/],
    [{ ...good, every: '1h' }, /`cron` and `every` cannot be combined/],
    [{ ...good, cron: undefined }, /`cron` or `every` is required/],
  ])('are refused by name: %#', (options, message) => {
    const attempt = () => scheduleRecord('s', options as never);
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow(message);
  });

  it('hold a job spec that is checked like any other', () => {
    expect(() => scheduleRecord('s', { ...good, spec: { ...spec, maxRounds: 0 } })).toThrow(SpecError);
  });
});
