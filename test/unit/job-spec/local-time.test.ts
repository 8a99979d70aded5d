import { describe, expect, test } from 'vitest';
import { clockChanges, localTime } from '../../../src/job-spec/local-time';

const HOUR = 3_600_000;

describe('local times', () => {
  test('have all their digits, and their offset from UTC', () => {
    const time = new Date('2026-01-05T03:04:00Z');
    expect(localTime(time, 'America/St_Johns')).toMatchObject({
      year: '2026',
      month: '01',
      day: '04',
      hour: '23',
      minute: '34',
      offset: '-0330',
    });
    expect(localTime(time, 'UTC').offset).toBe('+0000');
  });

  test.each([
    ['Europe/Berlin', ['2026-03-29T01:00:00.000Z', '2026-10-25T01:00:00.000Z'], [HOUR, -HOUR]],
    ['Australia/Lord_Howe', ['2026-04-04T15:00:00.000Z', '2026-10-03T15:30:00.000Z'], [-HOUR / 2, HOUR / 2]],
    ['Asia/Kolkata', [], []],
    ['UTC', [], []],
  ])('change in %s at %o', (timeZone, times, forward) => {
    const changes = clockChanges(
      timeZone,
      new Date('2026-01-01T12:34:56Z'),
      new Date('2027-01-01T00:00:00Z'),
    );
    expect(changes.map(({ at }) => at.toISOString())).toEqual(times);
    expect(changes.map((change) => change.forward)).toEqual(forward);
  });
});
