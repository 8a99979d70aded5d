import type { ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import { type FileType, FormatError, fileTypeOf, storedAs } from '../../input/format';
import { duration, parseDuration } from '../../job-spec/duration';
import { isTimeZone } from '../../job-spec/local-time';
import { normalizeSpec } from '../../job-spec/normalize';
import { inputProblem, type ScheduleRecord } from '../../job-spec/schedule';
import { show } from '../../job-spec/show';
import type { Duration, InputFormat, InputType, JobSpec } from '../../job-spec/spec';
import { OptionError } from '../errors';

/** The times of a schedule: one or several cron expressions, or an interval. */
export type ScheduleTimes =
  | { cron: string | string[]; every?: undefined }
  /** An interval, aligned to multiples since 1970 in UTC: `1h` fires on the hour. */
  | { every: Duration; cron?: undefined };

/** The settings of a schedule. */
export interface ScheduleSettings {
  /** The spec of each job. */
  spec: JobSpec;
  /**
   * The path of a job's input below the worker's `--inputs` folder or prefix. `{date}` (`2026-11-22`),
   * `{hour}` (`09`) and `{offset}` (`+0100`) are those of the nominal time in the schedule's time zone.
   * `{time}` (`20261122T083000Z`) is the nominal time in UTC.
   */
  input: string;
  /**
   * Lets firings with different nominal times use the same input, and pay for it each time. Default `false`:
   * if `input` has a placeholder, the second firing is skipped.
   */
  allowSameInput?: boolean;
  /** The format of the inputs. Default: by the ending of the path, as for `start`. */
  format?: InputFormat;
  /** The separator of CSV, one character. Default: a comma. */
  delimiter?: string;
  /** The IANA name of the time zone, such as `Europe/Berlin`. Default `UTC`. */
  timezone?: string;
  /** The policy for a firing while the job of an earlier firing runs. Default `SKIP`. */
  overlap?: ScheduleOverlapPolicy;
  /** The longest delay of a firing after an outage of the server. Default: one year. */
  catchupWindow?: Duration;
}

/** The options of `Schedules.create`. */
export type ScheduleCreateOptions = ScheduleSettings &
  ScheduleTimes & {
    /** The schedule's id. The job id of a firing is this id with the nominal time appended. */
    id: string;
    /** Creates the schedule paused. Default `false`. */
    startPaused?: boolean;
  };

/** The settings to change. Settings that are absent keep their values. */
export type ScheduleChanges = Partial<ScheduleSettings> &
  (ScheduleTimes | { cron?: undefined; every?: undefined });

/**
 * Checks a schedule's options and returns the record for the store. `before` is the present record, for an
 * update.
 */
export function scheduleRecord(
  id: string,
  options: ScheduleChanges,
  before?: ScheduleRecord,
): ScheduleRecord {
  if (typeof id !== 'string' || id === '') {
    throw new OptionError(`\`id\` must be a non-empty string (got ${show(id)}).`);
  }
  const input = options.input ?? before?.input ?? '';
  const problem = inputProblem(input);
  if (problem) {
    throw new OptionError(
      `\`input\` must be a relative path such as "docs/{date}.jsonl" (got ${show(input)}): ${problem}.`,
    );
  }
  const timezone = options.timezone ?? before?.timezone ?? 'UTC';
  if (!isTimeZone(timezone)) {
    throw new OptionError(
      `\`timezone\` must be an IANA name such as "Europe/Berlin" (got ${show(timezone)}).`,
    );
  }
  // A new path has its own format.
  const type = options.input === undefined ? { ...given(before), ...given(options) } : given(options);
  const { format, delimiter } = typeOf(input, type);
  const when = times(options) ?? before?.when;
  if (!when) throw new OptionError('`cron` or `every` is required: give one of them.');
  const allowSameInput = options.allowSameInput ?? before?.allowSameInput ?? false;
  return {
    ...{ version: 1, id, input, format, delimiter, timezone, when },
    allowSameInput: allowSameInput || undefined,
    spec: specOf(id, { format, delimiter }, options, before),
  };
}

/** Returns the schedule's times in Temporal's form. */
export function temporalSpec({ when, timezone }: ScheduleRecord): ScheduleSpec {
  return when.cron
    ? { cronExpressions: when.cron, timezone }
    : { intervals: [{ every: when.every ?? 0 }], timezone };
}

/** Returns the catch-up window in milliseconds. @throws {SpecError} */
export function catchup(value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : duration(value, 'catchupWindow');
}

/** Returns the settings of a schedule that say how its inputs are read, without absent ones. */
function given({ format, delimiter }: Partial<InputType> = {}): Partial<InputType> {
  return { ...(format && { format }), ...(delimiter !== undefined && { delimiter }) };
}

function typeOf(input: string, type: Partial<InputType>): FileType {
  try {
    return fileTypeOf(input, type);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new OptionError(error.message, { cause: error });
  }
}

function specOf(id: string, type: InputType, options: ScheduleChanges, before?: ScheduleRecord) {
  if (options.spec === undefined && before) return before.spec;
  const {
    id: _,
    source,
    ...spec
  } = normalizeSpec(options.spec, {
    id,
    source: { kind: 'input', ...storedAs(type) },
  });
  return spec;
}

function times({ cron, every }: ScheduleChanges): ScheduleRecord['when'] | undefined {
  if (cron !== undefined && every !== undefined) {
    throw new OptionError('`cron` and `every` cannot be combined: give one of them.');
  }
  if (cron !== undefined) {
    const expressions = [cron].flat();
    for (const expression of expressions) {
      if (/^@\w+/.test(expression) || /^\S+(\s+\S+){4,6}$/.test(expression.trim())) continue;
      throw new OptionError(
        `\`cron\` must be an expression of 5 fields such as "0 6 * * MON-FRI" (got ${show(expression)}).`,
      );
    }
    if (expressions.length === 0) throw new OptionError('`cron` must have at least one expression (got []).');
    return { cron: expressions };
  }
  if (every === undefined) return undefined;
  const time = parseDuration(every);
  if (time === undefined || time < 1_000) {
    throw new OptionError(
      `\`every\` must be a duration of at least "1s", such as "6h" (got ${show(every)}).`,
    );
  }
  return { every: time };
}
