import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  JobCanceledError,
  JobFailedError,
  OptionError,
  ScheduleError,
} from 'temporal-anthropic-batch/client';
import type { SimulatorOptions } from 'temporal-anthropic-batch/simulator';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli';
import { eventually } from '../support/eventually';
import { collect } from '../support/job-checks';
import { type JobWorld, jobWorld, runWorker } from '../support/job-world';
import { tempDir } from '../support/temp-dir';
import { TEMPLATE } from '../support/template';

const HOUR = 3_600_000;

const spec = { template: TEMPLATE, pollFloor: '1s' };

/** A world whose worker has a folder of inputs. */
async function world(
  options?: Partial<SimulatorOptions>,
): Promise<JobWorld & { write(name: string, ids: string[]): Promise<void> }> {
  const inputs = await tempDir();
  await mkdir(join(inputs, 'docs'));
  const made = await jobWorld(options);
  await runWorker(made, { inputs });
  return {
    ...made,
    write: (name, ids) =>
      writeFile(join(inputs, name), ids.map((id) => `${JSON.stringify({ id, text: id })}\n`).join('')),
  };
}

/** Waits until a schedule has started this many jobs, and returns them. */
const jobsOf = ({ batches }: JobWorld, id: string, count: number) =>
  eventually(async () => {
    const { recent } = await batches.schedules.get(id);
    return recent.length >= count && recent.map(({ job }) => job);
  });

describe.concurrent('a schedule', () => {
  it('starts a job for each of its times, with the time in the job id, from the input of that time', async () => {
    const here = await world();
    await here.write('docs/2026-03-01.jsonl', ['first']);
    await here.write('docs/2026-03-02.jsonl', ['second', 'third']);
    const { schedules } = here.batches;
    await schedules.create({
      id: 'daily',
      cron: '30 0 * * *',
      timezone: 'Europe/Berlin',
      input: 'docs/{date}.jsonl',
      spec,
      startPaused: true,
    });
    // Half past midnight in Berlin is half past eleven of the day before in UTC.
    await schedules.backfill('daily', {
      start: new Date('2026-02-28T23:00:00Z'),
      end: new Date('2026-03-02T00:00:00Z'),
    });
    const jobs = await jobsOf(here, 'daily', 2);
    expect(jobs.sort()).toEqual(['daily-2026-02-28T23:30:00Z', 'daily-2026-03-01T23:30:00Z']);

    const [first, second] = await Promise.all(jobs.map((id) => here.batches.get(id)));
    expect(await first!.result()).toMatchObject({ state: 'completed', documents: 1, succeeded: 1 });
    expect(await second!.result()).toMatchObject({ state: 'completed', documents: 2, succeeded: 2 });
    expect((await collect(second!.results())).map(({ id }) => id)).toEqual(['second', 'third']);
    await schedules.delete('daily');
    await expect(schedules.get('daily')).rejects.toThrow(ScheduleError);
  });

  it('continues after a firing whose input is missing', async () => {
    const here = await world();
    const { schedules } = here.batches;
    await schedules.create({ id: 'gaps', every: '24h', input: '{date}.jsonl', spec });
    const { code, stdout, stderr } = await runCli(
      ['schedule', 'trigger', 'gaps', '--store', here.store, '--task-queue', here.taskQueue],
      { env: here.server.env },
    );
    const failing = stdout.trim();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(`status ${failing} --watch`),
    });
    expect(await jobsOf(here, 'gaps', 1)).toEqual([failing]);
    const error = await (await here.batches.get(failing!)).result().catch((e) => e);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error.message).toMatch(/The input \d{4}-\d\d-\d\d\.jsonl of the schedule gaps/);

    const listed = await eventually(async () =>
      (await collect(schedules.list())).find(({ id, recent }) => id === 'gaps' && recent.length > 0),
    );
    expect(listed).toMatchObject({ paused: false, next: expect.arrayContaining([expect.any(Date)]) });
    const cli = (...args: string[]) =>
      runCli(['schedule', ...args, '--store', here.store], { env: here.server.env });
    expect((await cli('list')).stdout).toMatch(
      new RegExp(`^gaps +active +every 1d +\\S+Z +${failing}$`, 'm'),
    );
    const shown = await cli('show', 'gaps');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    for (const line of [
      /^fires +every 1d$/m,
      /^input +\{date\}\.jsonl \(jsonl\)$/m,
      /^requests +template for claude-haiku-5-5$/m,
      new RegExp(`^jobs +${failing}, started at`, 'm'),
    ]) {
      expect(shown.stdout).toMatch(line);
    }
    expect(JSON.parse((await cli('show', 'gaps', '--json')).stdout).record).toMatchObject({ id: 'gaps' });
    await schedules.delete('gaps');
  });

  it('warns if it fires twice in a repeated hour, and buys the input once', async () => {
    const here = await world();
    const { schedules } = here.batches;
    const hourly = { every: '1h', timezone: 'Europe/Berlin', spec, startPaused: true } as const;
    await schedules.create({ ...hourly, id: 'utc', input: 'docs/{time}.jsonl' });
    await schedules.create({ ...hourly, id: 'offset', input: 'docs/{date}-{hour}{offset}.jsonl' });
    await schedules.create({
      ...hourly,
      id: 'meant',
      input: 'docs/{date}-{hour}.jsonl',
      allowSameInput: true,
    });
    await schedules.create({ ...hourly, id: 'constant', input: 'docs/all.jsonl' });
    // A cron expression matches a repeated local time once.
    const cron = { cron: '0 * * * *', timezone: 'Europe/Berlin', spec, startPaused: true };
    await schedules.create({ ...cron, id: 'cron', input: 'docs/{date}-{hour}.jsonl' });
    expect(here.warnings).toEqual([]);

    await schedules.create({ ...hourly, id: 'hourly', input: 'docs/{date}-{hour}.jsonl' });
    expect(here.warnings).toEqual([
      expect.stringMatching(
        /^The schedule "hourly" fires at (\S+)T00:00:00.000Z and at \1T01:00:00.000Z with the same input docs\/\1-02.jsonl/,
      ),
    ]);

    await here.write('docs/2026-10-25-02.jsonl', ['once']);
    await schedules.backfill('hourly', {
      start: new Date('2026-10-24T23:30:00Z'),
      end: new Date('2026-10-25T01:30:00Z'),
    });
    const jobs = (await jobsOf(here, 'hourly', 2)).sort();
    const [first, second] = await Promise.all(jobs.map((id) => here.batches.get(id)));
    expect(await first!.result()).toMatchObject({ succeeded: 1 });
    await expect(second!.result()).rejects.toThrow(/Skipped: the firing of 2026-10-25T01:00:00.000Z/);
    expect(await here.simulator.batches()).toHaveLength(1);
  });

  it('warns about a day on which it does not fire, and about times that share an input every day', async () => {
    const { batches, warnings } = await world();
    const { schedules } = batches;
    const daily = { timezone: 'America/New_York', input: '{date}.jsonl', spec, startPaused: true } as const;
    await schedules.create({ ...daily, id: 'half past two', cron: '30 2 * * *', timezone: 'UTC' });
    await schedules.create({ ...daily, id: 'half past three', cron: '30 3 * * *' });
    await schedules.create({ ...daily, id: 'each hour', cron: '30 * * * *', input: '{time}.jsonl' });
    expect(warnings).toEqual([]);

    await schedules.update('half past three', { cron: '30 2 * * SUN' });
    await schedules.create({ ...daily, id: 'often', every: '1h' });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The schedule "half past three" does not fire at 02:30 on \d{4}-03-\d\d: clocks go forward/,
      ),
      expect.stringMatching(/^The schedule "often" fires at .* with the same input \d{4}-\d\d-\d\d.jsonl/),
    ]);
  });

  it('with the overlap policy that cancels, cancels the earlier job and its batch', async () => {
    const here = await world({ duration: ({ number }) => (number === 0 ? HOUR : 300), cancelDuration: 300 });
    await here.write('all.jsonl', ['a', 'b']);
    const { schedules } = here.batches;
    const overlap = 'CANCEL_OTHER' as const;
    await schedules.create({
      id: 'other',
      every: '24h',
      input: 'all.jsonl',
      spec,
      startPaused: true,
      overlap,
    });
    await schedules.trigger('other', { overlap });
    const [first] = await jobsOf(here, 'other', 1);
    const job = await here.batches.get(first!);
    await eventually(async () => (await job.progress()).batches === 1);

    await schedules.trigger('other', { overlap });
    const error = await job.result().catch((error) => error);
    expect(error).toBeInstanceOf(JobCanceledError);
    expect(error.summary).toMatchObject({ state: 'canceled', documents: 2, batches: 1 });
    expect(error.summary.failure).toBeUndefined();
    const [, second] = await jobsOf(here, 'other', 2);
    expect(await (await here.batches.get(second!)).result()).toMatchObject({ succeeded: 2 });
    expect((await here.simulator.books()).batches.map(({ canceled }) => canceled)).toEqual([true, false]);
  });

  it('is changed, paused and resumed', async () => {
    const here = await world();
    await here.write('new.jsonl', ['a']);
    const { schedules } = here.batches;
    await schedules.create({
      id: 'changing',
      cron: '0 6 * * *',
      input: 'old.jsonl',
      spec,
      overlap: 'ALLOW_ALL',
    });
    await expect(
      schedules.create({ id: 'changing', cron: '0 6 * * *', input: 'old.jsonl', spec }),
    ).rejects.toThrow(/A schedule "changing" already exists/);
    await schedules.pause('changing', 'for a while');
    expect(await schedules.get('changing')).toMatchObject({ paused: true, note: 'for a while' });

    await schedules.update('changing', { input: 'new.jsonl', timezone: 'Asia/Tokyo' });
    const changed = await schedules.get('changing');
    expect(changed).toMatchObject({
      paused: true,
      record: { input: 'new.jsonl', timezone: 'Asia/Tokyo', when: { cron: ['0 6 * * *'] } },
    });
    expect(changed.next[0]?.toISOString()).toMatch(/T21:00:00/);
    await schedules.resume('changing');
    expect(await schedules.get('changing')).toMatchObject({ paused: false });

    const job = await schedules.trigger('changing');
    expect(await (await here.batches.get(job!)).result()).toMatchObject({ documents: 1, succeeded: 1 });
    await schedules.delete('changing');
  });

  it('is refused if the server does not understand its times', async () => {
    const { batches } = await jobWorld();
    const create = batches.schedules.create({ id: 'never', cron: '61 25 * * *', input: 'x.jsonl', spec });
    await expect(create).rejects.toThrow(OptionError);
    await expect(batches.schedules.get('never')).rejects.toThrow(ScheduleError);
    for (const action of ['pause', 'resume', 'trigger', 'delete'] as const) {
      await expect(batches.schedules[action]('never')).rejects.toThrow(/no schedule "never"/);
    }
  });

  it('can only be changed with its own store', async () => {
    const here = await jobWorld();
    const there = await jobWorld({}, here.server);
    await here.batches.schedules.create({
      id: 'stored',
      every: '1h',
      input: 'x.jsonl',
      spec,
      startPaused: true,
    });
    await expect(there.batches.schedules.update('stored', { every: '2h' })).rejects.toThrow(
      /does not belong to the store/,
    );
    await here.batches.schedules.delete('stored');
  });
});
