import { Command } from 'commander';
import { withBatches } from '../connect';
import { reportStarted, waitAndReport } from '../finish';
import {
  type CostFlags,
  costFlags,
  costOptionsOf,
  type OnCompleteFlags,
  onCompleteFlags,
  onCompleteOf,
  type SharedOptions,
  shared,
} from '../options';

interface AdoptFlags extends SharedOptions, CostFlags, OnCompleteFlags {
  id?: string;
  wait?: boolean;
  json?: boolean;
}

export function adopt(): Command {
  const command = new Command('adopt')
    .description('take the results of a batch that another tool made, as a job')
    .argument('<batch>', "the batch's id, msgbatch_…")
    .option('--id <job>', "the job id (default: the batch's)")
    .option('--wait', 'wait until the job has ended')
    .option('--json', 'print one JSON object');
  return shared(onCompleteFlags(costFlags(command))).action(async (batch: string, flags: AdoptFlags) => {
    const options = { ...(await costOptionsOf(flags)), onComplete: onCompleteOf(flags) };
    await withBatches(flags, async (batches) => {
      const job = await batches.adopt(batch, { id: flags.id, ...options });
      await (flags.wait ? waitAndReport(job, flags) : reportStarted(job, flags));
    });
  });
}
