import { Command } from 'commander';
import { withBatches } from '../connect';
import { reportStarted, waitAndReport } from '../finish';
import { type JobFlags, jobFlags, jobOptionsOf, type SharedOptions, shared } from '../options';

interface RetryFlags extends SharedOptions, JobFlags {
  id?: string;
  again?: boolean;
  wait?: boolean;
  json?: boolean;
}

export function retry(): Command {
  const command = new Command('retry')
    .description('start a new job from the stored requests of the failed documents of a job')
    .argument('<job>', 'the job id')
    .option('--id <job>', "the new job's id (default: <job>-retry-<n>)")
    .option('--again', 'pay for the documents again although an earlier job left them in flight')
    .option('--wait', 'wait until the new job has ended')
    .option('--json', 'print one JSON object');
  return shared(jobFlags(command)).action(async (of: string, flags: RetryFlags) => {
    const options = await jobOptionsOf(flags);
    await withBatches(flags, async (batches) => {
      const job = await batches.retry(of, { id: flags.id, again: flags.again, ...options });
      await (flags.wait ? waitAndReport(job, flags) : reportStarted(job, flags));
    });
  });
}
