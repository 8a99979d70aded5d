import { Command } from 'commander';
import type { JobHandle } from '../client/handle';
import type { JobState } from '../job/job';
import { withBatches } from './connect';
import { type SharedOptions, shared } from './options';
import { printJson, say } from './output/print';

interface Control {
  name: string;
  description: string;
  act: (job: JobHandle) => Promise<void>;
  /** The state that `--json` prints. */
  state: JobState;
  /** Returns the message for a person. */
  done: (id: string) => string;
}

/** Returns a command that sends one request to a job and confirms it. */
export function control({ name, description, act, state, done }: Control): Command {
  const command = new Command(name)
    .description(description)
    .argument('<job>', 'the job id')
    .option('--json', 'print one JSON object');
  return shared(command).action(async (id: string, flags: SharedOptions & { json?: boolean }) => {
    await withBatches(flags, async (batches) => {
      await act(await batches.get(id));
      if (flags.json) return printJson({ job: id, state });
      say(done(id));
    });
  });
}
