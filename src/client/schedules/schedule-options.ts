import type { ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import { duration, parseDuration } from '../../job-spec/duration';
import { isTimeZone } from '../../job-spec/local-time';
import { normalizeSpec } from '../../job-spec/normalize';
import { inputProblem, type ScheduleRecord } from '../../job-spec/schedule';
import { show } from '../../job-spec/show';
import type { Duration, InputFormat, JobSpec } from '../../job-spec/spec';
import { OptionError } from '../errors';
import { formatOf } from '../start/input';

/** When a schedule fires: one or several cron expressions, or an interval. */
export type ScheduleTimes =
  | { cron: string | string[]; every?: undefined }
  /** Intervals begin at whole multiples since 1970 in UTC: `1h` fires on the hour. */
  | { every: Duration; cron?: undefined };

export interface ScheduleSettings {
  /** What each job does with its documents. */
  spec: JobSpec;
  /**
   * A job's input, as a path below the worker's `--inputs` folder or prefix. `{date}` (`2026-11-22`), `{hour}` (`09`) and
   * `{offset}` (`+0100`) are those of the nominal time, in the schedule's time zone; `{time}` (`20261122T083000Z`) is the nominal time in UTC.
   */
  input: string;
  /**
   * Lets firings of different nominal times take the same input, and buy it again. Default `false`: where `input` holds a placeholder, the second
   * firing is skipped.
   */
  allowSameInput?: boolean;
  /** Default: by the input's ending, `.csv` or else JSONL. */
  format?: InputFormat;
  /** IANA name such as `Europe/Berlin`. Default `UTC`. */
  timezone?: string;
  /** What a firing does while the job of an earlier one runs. Default `SKIP`. */
  overlap?: ScheduleOverlapPolicy;
  /** How late a firing may still start after an outage of the server. Default: a year. */
  catchupWindow?: Duration;
}

export type ScheduleCreateOptions = ScheduleSettings &
  ScheduleTimes & {
    /** The schedule's id; a firing's job id is this with the nominal time appended. */
    id: string;
    startPaused?: boolean;
  };

/** What is not given stays as it is. */
export type ScheduleChanges = Partial<ScheduleSettings> &
  (ScheduleTimes | { cron?: undefined; every?: undefined });

/** Checks a schedule's options and makes of them what the store keeps. `before` is the schedule as it stands. */
export function scheduleRecord(
  id: string,
  options: ScheduleChanges,
  before?: ScheduleRecord,
): ScheduleRecord {
  if (typeof id !== 'string' || id === '') throw new OptionError('A schedule needs an id.');
  const input = options.input ?? before?.input ?? '';
  const problem = inputProblem(input);
  if (problem) {
    throw new OptionError(
      `input is ${show(input)}, and ${problem}. Allowed is a relative path such as "docs/{date}.jsonl".`,
    );
  }
  const timezone = options.timezone ?? before?.timezone ?? 'UTC';
  if (!isTimeZone(timezone)) {
    throw new OptionError(`timezone is ${show(timezone)}; allowed is an IANA name such as "Europe/Berlin".`);
  }
  const format =
    options.format ?? (options.input === undefined ? before?.format : undefined) ?? formatOf(input);
  const when = times(options) ?? before?.when;
  if (!when) throw new OptionError('Neither cron nor every is given; a schedule needs one of them.');
  const allowSameInput = options.allowSameInput ?? before?.allowSameInput ?? false;
  return {
    ...{ version: 1, id, input, format, timezone, when },
    ...(allowSameInput ? { allowSameInput } : {}),
    spec: specOf(id, format, options, before),
  };
}

/** The times as Temporal takes them. */
export function temporalSpec({ when, timezone }: ScheduleRecord): ScheduleSpec {
  return when.cron
    ? { cronExpressions: when.cron, timezone }
    : { intervals: [{ every: when.every ?? 0 }], timezone };
}

/** @throws {SpecError} */
export function catchup(value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : duration(value, 'catchupWindow');
}

function specOf(id: string, format: InputFormat, options: ScheduleChanges, before?: ScheduleRecord) {
  if (options.spec === undefined && before) return before.spec;
  const { id: _, source, ...spec } = normalizeSpec(options.spec, { id, source: { kind: 'input', format } });
  return spec;
}

function times({ cron, every }: ScheduleChanges): ScheduleRecord['when'] | undefined {
  if (cron !== undefined && every !== undefined) {
    throw new OptionError('cron and every are both given; allowed is one of them.');
  }
  if (cron !== undefined) {
    const expressions = [cron].flat();
    for (const expression of expressions) {
      if (/^@\w+/.test(expression) || /^\S+(\s+\S+){4,6}$/.test(expression.trim())) continue;
      throw new OptionError(
        `cron is ${show(expression)}; allowed is an expression of 5 fields such as "0 6 * * MON-FRI".`,
      );
    }
    if (expressions.length === 0) throw new OptionError('cron is empty; allowed is at least one expression.');
    return { cron: expressions };
  }
  if (every === undefined) return undefined;
  const time = parseDuration(every);
  if (time === undefined || time < 1_000) {
    throw new OptionError(`every is ${show(every)}; allowed is a duration of at least "1s", such as "6h".`);
  }
  return { every: time };
}
