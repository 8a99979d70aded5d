import type { Client } from '@temporalio/client';
import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time';
import { type ClockChange, clockChanges, localTime } from '../../job-spec/local-time';
import { inputFor, isInputOfOneTime, type ScheduleRecord } from '../../job-spec/schedule';
import { quoted } from '../errors';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const YEAR = 366 * DAY;

/**
 * Returns warnings about firings in the coming year that a user may not expect. The server computes the
 * times.
 */
export async function scheduleWarnings(
  client: Client,
  record: ScheduleRecord,
  now = new Date(),
): Promise<string[]> {
  const { info } = await client.schedule.getHandle(record.id).describe();
  const always = sameInput(record, info.nextActionTimes);
  if (always) return [always];
  const firings = (start: number, end: number) => matchingTimes(client, record.id, start, end);
  const warnings: (string | undefined)[] = [];
  for (const change of clockChanges(record.timezone, now, new Date(now.getTime() + YEAR))) {
    warnings.push(
      await (change.forward > 0 ? missing(record, change, firings) : repeated(record, change, firings)),
    );
  }
  return warnings.filter((warning) => warning !== undefined);
}

/** Returns the times at which a schedule fires, from `start` up to `end`, in milliseconds. */
type Firings = (start: number, end: number) => Promise<Date[]>;

/** Warns when clocks go back: two firings may then have the same local time and the same input. */
async function repeated(
  record: ScheduleRecord,
  { at, forward }: ClockChange,
  firings: Firings,
): Promise<string | undefined> {
  const change = at.getTime();
  return sameInput(record, await firings(change + forward, change - forward));
}

function sameInput(record: ScheduleRecord, times: readonly Date[]): string | undefined {
  if (!isInputOfOneTime(record)) return undefined;
  const first = new Map<string, string>();
  for (const date of times) {
    const time = date.toISOString();
    const path = inputFor(record, time);
    const earlier = first.get(path);
    if (earlier !== undefined) {
      return (
        `The schedule ${quoted(record.id)} fires at ${earlier} and at ${time} with the same input ` +
        `${path}. The second firing is skipped. ` +
        'Add {time} or {offset} to the input, or set allowSameInput (--allow-same-input) to send it twice.'
      );
    }
    first.set(path, time);
  }
  return undefined;
}

/**
 * Warns when clocks go forward: a firing does not happen if its local time does not exist that day. A
 * schedule that also fires around that time loses nothing.
 */
async function missing(
  { id, timezone }: ScheduleRecord,
  { at, forward }: ClockChange,
  firings: Firings,
): Promise<string | undefined> {
  const change = at.getTime();
  if ((await firings(change - forward, change + forward)).length > 0) return undefined;
  for (let days = 1; days <= 7; days += 1) {
    const [before] = await firings(change - days * DAY, change - days * DAY + forward);
    if (!before) continue;
    const { hour, minute } = localTime(before, timezone);
    const { year, month, day } = localTime(at, timezone);
    return (
      `The schedule ${quoted(id)} does not fire at ${hour}:${minute} on ${year}-${month}-${day}: ` +
      `clocks go forward in ${timezone}, and ` +
      'that time does not exist on that day. Choose a time that exists on every day, or the timezone UTC.'
    );
  }
  return undefined;
}

async function matchingTimes(
  client: Client,
  scheduleId: string,
  start: number,
  end: number,
): Promise<Date[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId,
    // The server excludes a firing exactly at the start.
    startTime: msNumberToTs(start - 1_000),
    endTime: msNumberToTs(end),
  });
  return startTime
    .map((time) => new Date(tsToMs(time)))
    .filter((time) => time.getTime() >= start && time.getTime() < end);
}
