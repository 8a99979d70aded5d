/** A time as clocks of a time zone show it; each part with all its digits. */
export interface LocalTime {
  year: string;
  month: string;
  day: string;
  hour: string;
  minute: string;
  /** What local time is ahead of UTC: `+0100`. */
  offset: string;
}

/** @param timeZone an IANA name */
export const localTime = (time: Date, timeZone: string): LocalTime => read(formatOf(timeZone), time);

function read(format: Intl.DateTimeFormat, time: Date): LocalTime {
  const parts = format.formatToParts(time);
  const { timeZoneName, ...rest } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const offset = timeZoneName!.replace(/^GMT$/, 'GMT+00:00').replace(/GMT|:/g, '');
  return { ...(rest as Omit<LocalTime, 'offset'>), offset };
}

/** Whether a time zone is known, by its IANA name. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** A moment at which the clocks of a time zone change. */
export interface ClockChange {
  at: Date;
  /** Milliseconds by which clocks go forward, or below 0, back. */
  forward: number;
}

/** The changes of a time zone's clocks between two times, in order. Two changes within one day would be missed. */
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
