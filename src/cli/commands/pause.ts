import { Command } from 'commander';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { say } from '../print';

export function pause(): Command {
  const command = new Command('pause')
    .description('stop sending further rounds of a job; batches in flight go on')
    .argument('<job>', 'the job id');
  return shared(command).action(async (id: string, flags: SharedOptions) => {
    await withBatches(flags, async (batches) => {
      await (await batches.get(id)).pause();
      say(`The job ${id} is paused.`);
    });
  });
}
