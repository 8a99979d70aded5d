import ms from 'ms';
import type { ScheduleListing } from '../../client/schedules/schedules';
import type { ScheduleRecord } from '../../job-spec/schedule';
import { type Row, rows } from './rows';

/** Returns when a schedule fires, such as `0 6 * * MON-FRI (Europe/Berlin)` or `every 6h`. */
export function scheduleTimes({ when, timezone }: ScheduleRecord): string {
  const times = when.cron ? when.cron.join('; ') : `every ${ms(when.every ?? 0)}`;
  return when.cron || timezone !== 'UTC' ? `${times} (${timezone})` : times;
}

const MOST_SHOWN = 5;

/** Formats a schedule with the spec of its jobs and its latest jobs. */
export function scheduleText(schedule: ScheduleListing & { record: ScheduleRecord }): string {
  const { id, paused, note, next, recent, record } = schedule;
  const { request, model, settings } = record.spec;
  return rows([
    ['schedule', id],
    ['state', paused ? 'paused' : 'active'],
    ['note', note],
    ['fires', scheduleTimes(record)],
    ...listed(
      'next',
      next.map((time) => time.toISOString()),
    ),
    ['input', `${record.input} (${record.format})`],
    [
      'same input',
      record.allowSameInput && 'allowed: firings may use the same input, and pay for it each time',
    ],
    [
      'requests',
      'builder' in request
        ? `builder ${request.builder}`
        : `template for ${model ?? 'a model of each document'}`,
    ],
    ['budget', settings.maxUsd && `${settings.maxUsd} USD a job`],
    ...listed(
      'jobs',
      recent.toReversed().map(({ job, time }) => `${job}, started at ${time.toISOString()}`),
    ),
  ]);
}

/** Returns a row for each value, at most five. Only the first one has the name. */
function listed(name: string, values: readonly string[]): Row[] {
  return values.slice(0, MOST_SHOWN).map((value, index): Row => [index === 0 ? name : '', value]);
}
