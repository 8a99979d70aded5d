import { Command } from 'commander';
import type { Pruned } from '../../client/delete/prune';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { counted, fileSize, print, printJson, say } from '../output/print';
import { table } from '../output/table';

interface PruneFlags extends SharedOptions {
  olderThan: string;
  batches?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export function prune(): Command {
  const command = new Command('prune')
    .description('delete what the store holds of jobs that ended long ago')
    .requiredOption('--older-than <duration>', 'minimum time since the job ended, such as 30d')
    .option('--batches', 'also delete their batches at the API')
    .option('--dry-run', 'delete nothing; show what would be deleted')
    .option('--json', 'print one JSON array');
  return shared(command).action(async ({ olderThan, batches, dryRun, ...flags }: PruneFlags) => {
    await withBatches(flags, async (client) => {
      const pruned: Pruned[] = [];
      for await (const job of client.prune({ olderThan, batches, dryRun })) pruned.push(job);
      if (flags.json) await printJson(pruned);
      else if (pruned.length > 0) await print(tableOf(pruned));
      const gone = pruned.filter(({ kept }) => kept === undefined);
      const bytes = gone.reduce((sum, job) => sum + job.bytes, 0);
      say(`${dryRun ? 'Would delete' : 'Deleted'} ${counted(gone.length, 'job')}, ${fileSize(bytes)}.`);
    });
  });
}

const tableOf = (pruned: Pruned[]) =>
  table(
    ['job', 'ended', 'files', 'size', 'kept because'],
    pruned.map(({ job, ended, files, bytes, kept }) => [
      job,
      ended.toISOString(),
      kept === undefined ? String(files) : '',
      kept === undefined ? fileSize(bytes) : '',
      kept ?? '',
    ]),
  );
