import { Command } from 'commander';

export function demo(): Command {
  return new Command('demo')
    .description('watch a real Temporal server process 25,000 documents in three simulated batches')
    .option('--keep', 'keep the Temporal server and its UI running at the end, until Ctrl-C')
    .action(async (flags: { keep?: boolean }) => {
      const { runDemo } = await import('../demo/index.js');
      await runDemo(flags);
    });
}
