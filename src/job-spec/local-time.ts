/** A time in a time zone, as padded parts. */
export interface LocalTime {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  /** The offset of local time from UTC, such as `+0100`. */
  offset: string;
}

/** Converts a time to a time zone. @param timeZone an IANA name */
export const localTime = (time: Date, timeZone: string): LocalTime => read(formatOf(timeZone), time);

function read(format: Intl.DateTimeFormat, time: Date): LocalTime {
  const parts = format.formatToParts(time);
  const { timeZoneName, ...rest } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const offset = timeZoneName!.replace(/^GMT$/, 'GMT+00:00').replace(/GMT|:/g, '');
  return { ...(rest as Omit<LocalTime, 'offset'>), offset };
}

/** Returns whether a name is a known IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** A clock change of a time zone. */
export interface ClockChange {
  at: Date;
  /** The milliseconds by which clocks go forward. Negative if they go back. */
  forward: number;
}

/**
 * Returns the clock changes of a time zone between two times, in order. Misses two changes within one day.
 */
export function clockChanges(timeZone: string, from: Date, to: Date): ClockChange[] {
  const changes: ClockChange[] = [];
  const format = formatOf(timeZone);
  const ahead = (ms: number) => milliseconds(read(format, new Date(ms)).offset);
  for (let day = from.getTime(); day < to.getTime(); day += DAY) {
    const end = Math.min(day + DAY, to.getTime());
    const forward = ahead(end) - ahead(day);
    if (forward === 0) continue;
    let [before, after] = [day, end];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (ahead(middle) === ahead(day)) before = middle;
      else after = middle;
    }
    changes.push({ at: new Date(after), forward });
  }
  return changes;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function milliseconds(offset: string): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3, 5));
  return (offset.startsWith('-') ? -minutes : minutes) * MINUTE;
}

const formatOf = (timeZone: string) =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  });
