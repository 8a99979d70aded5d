import { Command } from 'commander';
import type { ListOptions } from '../../client/read/list';
import type { JobListing } from '../../client/types';
import { parseUsd, showUsd } from '../../cost/prices/usd';
import { withBatches } from '../connect';
import { collected, numeric, type SharedOptions, shared, tagsOf, whole } from '../options';
import { grouped, print, printJson } from '../output/print';
import { table } from '../output/table';

interface ListFlags extends SharedOptions {
  state?: string[];
  tag?: string[];
  since?: string;
  limit?: number | string;
  json?: boolean;
}

export function list(): Command {
  const command = new Command('list')
    .description('list the jobs in Temporal, newest first')
    .option('--state <state>', 'only jobs in this state; may be given several times', repeatable)
    .option('--tag <name=value>', 'only jobs with this tag; may be given several times', repeatable)
    .option(
      '--since <when>',
      'only jobs that started then or later: a date such as 2026-11-01 (UTC), or an age such as 7d',
    )
    .option('--limit <n>', 'the most jobs', numeric)
    .option('--json', 'print one JSON array');
  return shared(command).action(async (flags: ListFlags) => {
    const options = {
      state: flags.state,
      tags: flags.tag && tagsOf(flags.tag),
      since: flags.since,
      limit: flags.limit === undefined ? undefined : whole('--limit', flags.limit, 1),
    } as ListOptions;
    await withBatches(flags, async (batches) => {
      const jobs: JobListing[] = [];
      for await (const job of batches.list(options)) jobs.push(job);
      if (flags.json) return printJson(jobs);
      await print(table(['job', 'state', 'started', 'ended', 'documents', 'done', 'USD'], jobs.map(rowOf)));
    });
  });
}

const repeatable = (text: string, given?: string[]) => collected(text, given);

function rowOf({ id, state, startedAt, closedAt, documents, done, paid }: JobListing): string[] {
  const count = (number: number | undefined) => (number === undefined ? '' : grouped(number));
  return [
    id,
    state,
    startedAt.toISOString(),
    closedAt?.toISOString() ?? '',
    count(documents),
    count(done),
    paid === undefined ? '' : showUsd(parseUsd(paid)!),
  ];
}
