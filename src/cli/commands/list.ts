import { Command } from 'commander';
import type { JobListing } from '../../client/types';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { print, printJson } from '../output/print';
import { table } from '../output/table';

export function list(): Command {
  const command = new Command('list')
    .description('list the jobs in Temporal, newest first')
    .option('--json', 'print one JSON array');
  return shared(command).action(async (flags: SharedOptions & { json?: boolean }) => {
    await withBatches(flags, async (batches) => {
      const jobs: JobListing[] = [];
      for await (const job of batches.list()) jobs.push(job);
      if (flags.json) return printJson(jobs);
      await print(
        table(
          ['job', 'state', 'started', 'ended'],
          jobs.map(({ id, state, startedAt, closedAt }) => [
            id,
            state,
            startedAt.toISOString(),
            closedAt?.toISOString() ?? '',
          ]),
        ),
      );
    });
  });
}
