import { ScheduleOverlapPolicy } from '@temporalio/client';
import { Command, Option } from 'commander';
import type { BatchClient } from '../../client/batch-client';
import { ScheduleError } from '../../client/errors';
import type { ScheduleChanges } from '../../client/schedules/schedule-options';
import type { InputFormat, JobSpec } from '../../job-spec/spec';
import { withBatches } from '../connect';
import { UsageError } from '../exit';
import { readJsonFile } from '../json-file';
import {
  collected,
  DELIMITER,
  formatFlag,
  type JobFlags,
  jobFlags,
  jobOptionsOf,
  type SharedOptions,
  shared,
} from '../options';
import { command } from '../output/command-hint';
import { print, printJson, say } from '../output/print';
import { scheduleText, scheduleTimes } from '../output/schedule-output';
import { table } from '../output/table';

interface ScheduleFlags extends SharedOptions, JobFlags {
  input?: string;
  template?: string;
  builder?: string;
  idField?: string;
  format?: InputFormat;
  delimiter?: string;
  cron?: string[];
  every?: string;
  timezone?: string;
  overlap?: string;
  catchupWindow?: string;
  allowSameInput?: boolean;
  paused?: boolean;
}

const OVERLAPS = Object.keys(ScheduleOverlapPolicy)
  .filter((name) => name !== 'UNSPECIFIED')
  .map((name) => name.toLowerCase().replaceAll('_', '-'));

const overlapFlag = () =>
  new Option('--overlap <policy>', 'what a firing does while the job of an earlier firing runs').choices(
    OVERLAPS,
  );

const overlapOf = (name: string | undefined) =>
  name?.toUpperCase().replaceAll('-', '_') as ScheduleOverlapPolicy | undefined;

export function schedule(): Command {
  return new Command('schedule')
    .description('manage schedules, which start jobs at set times')
    .addCommand(create())
    .addCommand(update())
    .addCommand(list())
    .addCommand(show())
    .addCommand(simple('pause', 'stop a schedule from firing until it is resumed', 'is paused'))
    .addCommand(simple('resume', 'resume a paused schedule', 'is resumed'))
    .addCommand(trigger())
    .addCommand(backfill())
    .addCommand(simple('delete', 'delete a schedule; its jobs continue', 'is deleted'));
}

function create(): Command {
  const command = flags(
    new Command('create').description('create a schedule').argument('<schedule>', 'the schedule id'),
  )
    .option('--paused', 'create it paused')
    .action(async (id: string, options: ScheduleFlags) => {
      const { spec, input, cron, every, ...rest } = await settings(options);
      if (!spec) throw new UsageError('Give either --template FILE or --builder NAME.');
      if (input === undefined)
        throw new UsageError("Give --input PATTERN, a path below the worker's --inputs.");
      const times = { cron, every } as { cron: string[] };
      await withBatches(options, async (batches) => {
        await batches.schedules.create({ id, spec, input, ...times, ...rest, startPaused: options.paused });
        const { next } = await batches.schedules.get(id);
        say(`The schedule ${id} is created${next[0] ? `. It fires next at ${next[0].toISOString()}` : ''}.`);
      });
    });
  return command;
}

function update(): Command {
  return flags(
    new Command('update')
      .description('change the given settings of a schedule and keep the others')
      .argument('<schedule>', 'the schedule id'),
  ).action(async (id: string, options: ScheduleFlags) => {
    const changes = await settings(options);
    if (!changes.spec && Object.keys(await jobOptionsOf(options)).length > 0) {
      throw new UsageError(
        'To change the settings of its jobs, also give --template FILE or --builder NAME again.',
      );
    }
    await withBatches(options, async (batches) => {
      await batches.schedules.update(id, changes);
      say(`The schedule ${id} is updated.`);
    });
  });
}

function list(): Command {
  const command = new Command('list')
    .description('list the schedules')
    .option('--json', 'print one JSON array');
  return shared(command).action(async (options: SharedOptions & { json?: boolean }) => {
    await withBatches(options, async (batches) => {
      const found = [];
      for await (const one of batches.schedules.list()) found.push(one);
      if (options.json) return printJson(found);
      const lines: string[][] = [];
      for (const { id, paused, next, recent } of found) {
        const last = recent.at(-1)?.job ?? '';
        const when = await timesOf(batches, id);
        lines.push([id, paused ? 'paused' : 'active', when, next[0]?.toISOString() ?? '', last]);
      }
      await print(table(['schedule', 'state', 'fires', 'next', 'last job'], lines));
    });
  });
}

/** Returns when a schedule fires, or where that is stored if it is in another store. */
async function timesOf(batches: BatchClient, id: string): Promise<string> {
  try {
    return scheduleTimes((await batches.schedules.get(id)).record);
  } catch (error) {
    if (error instanceof ScheduleError) return '(in another store)';
    throw error;
  }
}

function show(): Command {
  const command = new Command('show')
    .description('show when a schedule fires, what its jobs do, and its latest jobs')
    .argument('<schedule>', 'the schedule id')
    .option('--json', 'print one JSON object');
  return shared(command).action(async (id: string, options: SharedOptions & { json?: boolean }) => {
    await withBatches(options, async (batches) => {
      const schedule = await batches.schedules.get(id);
      if (options.json) return printJson(schedule);
      await print(scheduleText(schedule));
    });
  });
}

function simple(name: 'pause' | 'resume' | 'delete', description: string, done: string): Command {
  const command = new Command(name).description(description).argument('<schedule>', 'the schedule id');
  return shared(command).action(async (id: string, options: SharedOptions) => {
    await withBatches(options, async (batches) => {
      await batches.schedules[name](id);
      say(`The schedule ${id} ${done}.`);
    });
  });
}

function trigger(): Command {
  const made = new Command('trigger')
    .description('fire a schedule now, and print the id of the job that it starts')
    .argument('<schedule>', 'the schedule id');
  return shared(made).action(async (id: string, options: SharedOptions) => {
    await withBatches(options, async (batches) => {
      const job = await batches.schedules.trigger(id);
      if (job === undefined) {
        say(
          `The schedule ${id} was fired, and Temporal names no job of it yet. ` +
            `${command('schedule', 'list', options)} names its last job.`,
        );
        return;
      }
      await print(`${job}\n`);
      say(
        `The schedule ${id} started the job ${job}. ` +
          `Follow it with ${command('status', job, options, '--watch')}.`,
      );
    });
  });
}

function backfill(): Command {
  const command = new Command('backfill')
    .description("fire for each of the schedule's times in a range")
    .argument('<schedule>', 'the schedule id')
    .requiredOption('--start <time>', 'start of the range, ISO 8601', instant)
    .requiredOption('--end <time>', 'end of the range, ISO 8601', instant)
    .addOption(overlapFlag());
  return shared(command).action(
    async (id: string, options: SharedOptions & { start: Date; end: Date; overlap?: string }) => {
      await withBatches(options, async (batches) => {
        const { start, end, overlap } = options;
        await batches.schedules.backfill(id, { start, end, overlap: overlapOf(overlap) });
        say(`The schedule ${id} fires for its times from ${start.toISOString()} to ${end.toISOString()}.`);
      });
    },
  );
}

function instant(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(`A time must be ISO 8601, such as 2026-11-22T06:00Z (got ${text}).`);
  return time;
}

function flags(command: Command): Command {
  command
    .option(
      '--input <pattern>',
      "path below the worker's --inputs, with {date}, {hour}, {offset}, {time} (UTC): docs/{date}.jsonl",
    )
    .option(
      '--template <file>',
      'JSON file with the params of a Messages API call, with {{field}} placeholders',
    )
    .option('--builder <name>', "a function of the worker's --builders that makes the params")
    .addOption(formatFlag())
    .option(...DELIMITER)
    .option('--id-field <field>', "the field that holds a document's id (default: id)")
    .option(
      '--cron <expression>',
      'when it fires, such as "0 6 * * MON-FRI"; may be given several times',
      collected,
    )
    .option('--every <duration>', 'how often it fires, such as 6h; instead of --cron')
    .option('--timezone <name>', 'IANA time zone of the times and placeholders (default: UTC)')
    .addOption(overlapFlag())
    .option(
      '--allow-same-input',
      'let firings at different times use the same input, and pay for it each time',
    )
    .option('--catchup-window <duration>', 'how late a firing may start after an outage (default: 1 year)');
  return shared(jobFlags(command));
}

async function settings(options: ScheduleFlags): Promise<ScheduleChanges> {
  const { template, builder, input, format, delimiter } = options;
  const { cron, every, timezone, overlap, catchupWindow, allowSameInput } = options;
  if (template !== undefined && builder !== undefined)
    throw new UsageError('Give --template or --builder, not both.');
  const request =
    template !== undefined ? { template: await readJsonFile('template', template) } : builder && { builder };
  const spec = request ? ({ ...request, ...(await jobOptionsOf(options)) } as JobSpec) : undefined;
  return {
    spec,
    input,
    format,
    delimiter,
    timezone,
    overlap: overlapOf(overlap),
    catchupWindow,
    allowSameInput,
    ...({ cron, every } as { cron?: undefined; every?: undefined }),
  };
}
