import { createInterface } from 'node:readline/promises';
import { EXIT, Exit, UsageError } from './exit';
import { say } from './output/print';

/**
 * Asks before something is deleted, unless `--yes` was given.
 *
 * @throws {UsageError} without a terminal that could be asked. {@link Exit} if the answer is not yes.
 */
export async function confirmed(question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError('Nothing was deleted: give --yes where there is no terminal to ask.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In this mode the terminal interface catches Ctrl-C.
  terminal.once('SIGINT', () => terminal.write('n\n'));
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  say('Nothing was deleted.');
  throw new Exit(EXIT.failed);
}
