import { Command } from 'commander';

export function demo(): Command {
  return new Command('demo')
    .description('watch a real Temporal server carry 25,000 documents through three batches')
    .option('--keep', 'leave the Temporal server and its UI running at the end, until Ctrl-C')
    .action(async (flags: { keep?: boolean }) => {
      const { runDemo } = await import('../demo/index.js');
      await runDemo(flags);
    });
}
