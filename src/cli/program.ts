// cli/: the command line. commands/ has one file per command, which parses, calls the client and prints.
// output/ formats and prints. Only this folder and the plugin's constructor read the environment. Start here.

import { Command, CommanderError } from 'commander';
import { adopt } from './commands/adopt';
import { budget } from './commands/budget';
import { cancel } from './commands/cancel';
import { costs } from './commands/costs';
import { deleteJob } from './commands/delete';
import { demo } from './commands/demo';
import { estimate } from './commands/estimate';
import { list } from './commands/list';
import { pause } from './commands/pause';
import { prune } from './commands/prune';
import { reconcile } from './commands/reconcile';
import { registerSearchAttributes } from './commands/register-search-attributes';
import { reset } from './commands/reset';
import { results } from './commands/results';
import { resume } from './commands/resume';
import { retry } from './commands/retry';
import { schedule } from './commands/schedule';
import { simulator } from './commands/simulator';
import { start } from './commands/start';
import { status } from './commands/status';
import { worker } from './commands/worker';
import { EXIT, Exit, exitCodeOfError } from './exit';
import { sayError } from './output/message';
import { packageVersion } from './package-version';

const COMMANDS = [
  worker,
  start,
  status,
  results,
  retry,
  adopt,
  reconcile,
  cancel,
  pause,
  resume,
  reset,
  list,
  deleteJob,
  prune,
  estimate,
  costs,
  budget,
  schedule,
  registerSearchAttributes,
  simulator,
  demo,
];

/** Returns the command line with all its commands. */
export function program(): Command {
  const root = new Command('anthropic-batch')
    .description('Runs Anthropic Message Batches durably, on Temporal.')
    .version(packageVersion(), '-v, --version', 'print the version')
    .addHelpText(
      'after',
      `
Temporal's address, namespace, TLS and API key come from Temporal's own environment variables and
configuration file (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …). The Anthropic API key comes from
ANTHROPIC_API_KEY. Only workers and "estimate" need it.

Exit codes: 0 done, 1 failed, 2 usage error, 3 ended with failed documents, 4 budget reached, 5 canceled,
6 held, 130 interrupted.`,
    );
  for (const command of COMMANDS) root.addCommand(command());
  for (const command of everyCommand(root)) command.exitOverride().showHelpAfterError('(see --help)');
  return root;
}

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

/** Runs the command line and returns its exit code. */
export async function run(args: string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.done);
  } catch (error) {
    // Commander has already printed the message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!(error instanceof Exit)) sayError(error);
    return exitCodeOfError(error);
  }
}
