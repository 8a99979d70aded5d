import { Command } from 'commander';
import { confirmed } from '../confirm';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { counted, fileSize, printJson, say } from '../output/print';

interface DeleteFlags extends SharedOptions {
  batches?: boolean;
  force?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function deleteJob(): Command {
  const command = new Command('delete')
    .description('delete what the store holds of a job that has ended')
    .argument('<job>', 'the job id')
    .option('--batches', 'also delete its batches at the API')
    .option('--force', 'delete it even if one of its batches may be in flight; never deletes a running job')
    .option('--yes', 'do not ask')
    .option('--json', 'print one JSON object');
  return shared(command).action(async (id: string, { batches, force, yes, ...flags }: DeleteFlags) => {
    const also = batches ? ' and at the API' : '';
    await confirmed(`Delete the job ${id} with its results in ${flags.store}${also}?`, yes);
    await withBatches(flags, async (client) => {
      const deleted = await client.delete(id, { batches, force });
      if (flags.json) return printJson(deleted);
      const atApi = batches ? `, and ${counted(deleted.batches, 'batch')} at the API` : '';
      say(`Deleted ${id}: ${counted(deleted.files, 'file')}, ${fileSize(deleted.bytes)}${atApi}.`);
    });
  });
}
