import type { InputFormat, NormalizedSpec } from './spec';

/** A schedule as the store keeps it: all that a firing needs to become a job. Each update writes a new one. */
export interface ScheduleRecord {
  version: 1;
  /** The schedule's id. Temporal appends a firing's nominal time to it: that is the firing's job id. */
  id: string;
  /** Where a firing's input lies below the worker's `--inputs`, with placeholders. */
  input: string;
  format: InputFormat;
  /** IANA name of the time zone of the cron expressions and of the placeholders. */
  timezone: string;
  /** When it fires, as the user wrote it; `every` in milliseconds. */
  when: { cron?: string[]; every?: number };
  /** The jobs' spec; a firing adds its id and its source. */
  spec: Omit<NormalizedSpec, 'id' | 'source'>;
}

/** What a placeholder stands for, of the parts of a local time. */
const PLACEHOLDERS: Record<string, (time: LocalTime) => string> = {
  date: ({ year, month, day }) => `${year}-${month}-${day}`,
  hour: ({ hour }) => hour,
  time: ({ year, month, day, hour, minute, second }) => `${year}${month}${day}T${hour}${minute}${second}`,
};

const PLACEHOLDER = /\{([^{}]*)\}/g;

type LocalTime = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', string>;

/**
 * The input of one firing: a relative path in which `{date}` (`2026-11-22`), `{hour}` (`09`) and `{time}`
 * (`20261122T093000`) are those of the nominal time, in the schedule's time zone.
 *
 * @param time the nominal time, ISO 8601
 */
export function inputFor(record: Pick<ScheduleRecord, 'input' | 'timezone'>, time: string): string {
  const local = localTime(new Date(time), record.timezone);
  return record.input.replace(PLACEHOLDER, (text, name: string) => PLACEHOLDERS[name]?.(local) ?? text);
}

/** What is wrong with an input pattern, as the end of a sentence; `undefined` when it is good. */
export function inputProblem(input: string): string | undefined {
  if (input === '') return 'it is empty';
  const unknown = [...input.matchAll(PLACEHOLDER)].find(([, name]) => !Object.hasOwn(PLACEHOLDERS, name!));
  if (unknown) {
    const known = Object.keys(PLACEHOLDERS).map((name) => `{${name}}`);
    return `there is no placeholder ${unknown[0]}; there are ${known.join(', ')}`;
  }
  if (/[{}]/.test(input.replace(PLACEHOLDER, ''))) return 'a brace has no partner';
  if (/^([/\\]|[A-Za-z][A-Za-z0-9+.-]*:)/.test(input)) return 'it must be relative';
  if (/[\\\0]/.test(input)) return 'its parts must be joined by "/"';
  if (input.split('/').some((part) => part === '' || part.startsWith('.'))) {
    return 'none of its parts may be empty or begin with a dot';
  }
  return undefined;
}

/** Whether a time zone is known, by its IANA name. */
export function isTimeZone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    return false;
  }
}

function localTime(time: Date, timeZone: string): LocalTime {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(time);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value])) as LocalTime;
}
