import { Command } from 'commander';
import { withBatches } from '../connect';
import { type SharedOptions, shared } from '../options';
import { command as hint } from '../output/command-hint';
import { printJson, say } from '../output/print';

export function reset(): Command {
  const command = new Command('reset')
    .description('reset the stuck workflows of a job; nothing is paid for twice')
    .argument('<job>', 'the job id')
    .option('--json', 'print one JSON array');
  return shared(command).action(
    async (id: string, { json, ...flags }: SharedOptions & { json?: boolean }) => {
      await withBatches(flags, async (batches) => {
        const workflows = await (await batches.get(id)).reset();
        if (json) return printJson(workflows);
        for (const { workflow, event } of workflows) say(`Reset ${workflow} to before event ${event}.`);
        say(`The job ${id} continues. See its progress with ${hint('status', id, flags)}.`);
      });
    },
  );
}
