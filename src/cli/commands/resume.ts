import { Command } from 'commander';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { say } from '../print';

export function resume(): Command {
  const command = new Command('resume').description('let a paused job go on').argument('<job>', 'the job id');
  return shared(command).action(async (id: string, flags: SharedOptions) => {
    await withBatches(flags, async (batches) => {
      await (await batches.get(id)).resume();
      say(`The job ${id} goes on.`);
    });
  });
}
