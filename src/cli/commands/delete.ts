import { Command } from 'commander';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { counted, fileSize, printJson, say } from '../output/print';

interface DeleteFlags extends SharedOptions {
  batches?: boolean;
  force?: boolean;
  json?: boolean;
}

export function deleteJob(): Command {
  const command = new Command('delete')
    .description('delete what the store holds of a job that has ended')
    .argument('<job>', 'the job id')
    .option('--batches', 'also delete its batches at the API')
    .option('--force', 'delete it even if one of its batches may be in flight; never deletes a running job')
    .option('--json', 'print one JSON object');
  return shared(command).action(async (id: string, { batches, force, ...flags }: DeleteFlags) => {
    await withBatches(flags, async (client) => {
      const deleted = await client.delete(id, { batches, force });
      if (flags.json) return printJson(deleted);
      const atApi = batches ? `, and ${counted(deleted.batches, 'batch')} at the API` : '';
      say(`Deleted ${id}: ${counted(deleted.files, 'file')}, ${fileSize(deleted.bytes)}${atApi}.`);
    });
  });
}
