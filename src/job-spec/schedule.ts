import { type LocalTime, localTime } from './local-time';
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
  /** Two firings may take the same input. Absent: the second one of another nominal time is skipped. */
  allowSameInput?: true;
  /** When it fires, as the user wrote it; `every` in milliseconds. */
  when: { cron?: string[]; every?: number };
  /** The jobs' spec; a firing adds its id and its source. */
  spec: Omit<NormalizedSpec, 'id' | 'source'>;
}

/** What a placeholder stands for. Only `{time}`, and `{offset}` beside an hour, differ in the two hours when clocks go back. */
const PLACEHOLDERS: Record<string, (local: LocalTime, time: Date) => string> = {
  date: ({ year, month, day }) => `${year}-${month}-${day}`,
  hour: ({ hour }) => hour,
  offset: ({ offset }) => offset,
  time: (_, time) => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`,
};

const PLACEHOLDER = /\{([^{}]*)\}/g;

/**
 * The input of one firing: a relative path. `{date}` (`2026-11-22`), `{hour}` (`09`) and `{offset}` (`+0100`) are those of the nominal time in
 * the schedule's time zone; `{time}` (`20261122T083000Z`) is the nominal time in UTC.
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

/** Whether each input belongs to one nominal time: a pattern without placeholders is meant to repeat. */
export function isInputOfOneTime({
  input,
  allowSameInput,
}: Pick<ScheduleRecord, 'input' | 'allowSameInput'>): boolean {
  return !allowSameInput && input.search(PLACEHOLDER) >= 0;
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
