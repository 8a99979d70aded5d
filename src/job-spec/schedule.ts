import { type LocalTime, localTime } from './local-time';
import type { InputFormat, NormalizedSpec } from './spec';

/**
 * A schedule's record in the store: everything that a firing needs to become a job. Each update writes a new
 * record.
 */
export interface ScheduleRecord {
  version: 1;
  /** The schedule's id. The job id of a firing is this id with the nominal time, which Temporal appends. */
  id: string;
  /** The path of a firing's input below the worker's `--inputs`, with placeholders. */
  input: string;
  format: InputFormat;
  /** The separator of CSV, if it was given. */
  delimiter?: string;
  /** The IANA name of the time zone of the cron expressions and of the placeholders. */
  timezone: string;
  /**
   * Lets two firings use the same input. If absent, the second firing with another nominal time is skipped.
   */
  allowSameInput?: true;
  /** The times, as the user wrote them. `every` is in milliseconds. */
  when: { cron?: string[]; every?: number };
  /** The spec of the jobs. A firing adds its id and its source. */
  spec: Omit<NormalizedSpec, 'id' | 'source'>;
}

/**
 * The values of placeholders. When clocks go back, only `{time}`, or `{offset}` with an hour, tell the two
 * hours apart.
 */
const PLACEHOLDERS: Record<string, (local: LocalTime, time: Date) => string> = {
  date: ({ year, month, day }) => `${year}-${month}-${day}`,
  hour: ({ hour }) => hour,
  offset: ({ offset }) => offset,
  time: (_, time) => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`,
};

const PLACEHOLDER = /\{([^{}]*)\}/g;

/**
 * Returns the input of one firing, a relative path. `{date}` (`2026-11-22`), `{hour}` (`09`) and `{offset}`
 * (`+0100`) are those of the nominal time in the schedule's time zone. `{time}` (`20261122T083000Z`) is the
 * nominal time in UTC.
 *
 * @param time the nominal time, ISO 8601
 */
export function inputFor(record: Pick<ScheduleRecord, 'input' | 'timezone'>, time: string): string {
  const nominal = new Date(time);
  const local = localTime(nominal, record.timezone);
  return record.input.replace(
    PLACEHOLDER,
    (text, name: string) => PLACEHOLDERS[name]?.(local, nominal) ?? text,
  );
}

/**
 * Returns whether each input belongs to one nominal time. A pattern without placeholders is meant to repeat.
 */
export function isInputOfOneTime({
  input,
  allowSameInput,
}: Pick<ScheduleRecord, 'input' | 'allowSameInput'>): boolean {
  return !allowSameInput && input.search(PLACEHOLDER) >= 0;
}

/** Returns the problem of an input pattern, as the end of a sentence, or `undefined` if it is valid. */
export function inputProblem(input: string): string | undefined {
  if (input === '') return 'it is empty';
  const unknown = [...input.matchAll(PLACEHOLDER)].find(([, name]) => !Object.hasOwn(PLACEHOLDERS, name!));
  if (unknown) {
    const known = Object.keys(PLACEHOLDERS).map((name) => `{${name}}`);
    return `there is no placeholder ${unknown[0]} (the placeholders are ${known.join(', ')})`;
  }
  if (/[{}]/.test(input.replace(PLACEHOLDER, ''))) return 'a brace is unmatched';
  if (/^([/\\]|[A-Za-z][A-Za-z0-9+.-]*:)/.test(input)) return 'it must be relative';
  if (/[\\\0]/.test(input)) return 'its parts must be joined by "/"';
  if (input.split('/').some((part) => part === '' || part.startsWith('.'))) {
    return 'none of its parts may be empty or begin with a dot';
  }
  return undefined;
}
