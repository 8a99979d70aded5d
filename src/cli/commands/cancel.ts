import { Command } from 'commander';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { say } from '../print';

export function cancel(): Command {
  const command = new Command('cancel')
    .description('cancel a job: its batches are canceled, and what they finished is kept')
    .argument('<job>', 'the job id');
  return shared(command).action(async (id: string, flags: SharedOptions) => {
    await withBatches(flags, async (batches) => {
      await (await batches.get(id)).cancel();
      say(`The job ${id} is being canceled.`);
    });
  });
}
