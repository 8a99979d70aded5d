import { Command } from 'commander';
import type { BatchClient } from '../../client/batch-client';
import type { JobHandle } from '../../client/handle';
import { hasEnded } from '../../job/job';
import { roundName } from '../../job/round-name';
import { stuckMessage } from '../../temporal/stuck';
import { withBatches, withStoredBatches } from '../connect';
import { waitAndReport } from '../finish';
import { heldText } from '../follow';
import { type SharedOptions, shared } from '../options';
import { progressText } from '../output/job-output';
import { print, printJson, say } from '../output/print';

type StatusFlags = SharedOptions & { watch?: boolean; json?: boolean };

export function status(): Command {
  const command = new Command('status')
    .description("show a job's progress")
    .argument('<job>', 'the job id, or the id of one of its batches')
    .option('--watch', 'wait until the job ends; the exit codes are then those of "start --wait"')
    .option('--json', 'print one JSON object');
  return shared(command).action((id: string, flags: StatusFlags) =>
    flags.watch
      ? withBatches(flags, async (batches) => waitAndReport(await jobOf(batches, id), flags))
      : withStoredBatches(flags, async (batches) => printStatus(await jobOf(batches, id), flags)),
  );
}

/** Returns the job with this id, or the job of the batch with this id, and says which part the batch is. */
async function jobOf(batches: BatchClient, id: string): Promise<JobHandle> {
  const owner = id.startsWith('msgbatch_') ? await batches.findBatch(id) : undefined;
  if (!owner) return batches.get(id);
  const { job, chunk, round } = owner;
  if (chunk !== undefined && round !== undefined) {
    say(`${id} is ${roundName(round)} of chunk ${chunk} of the job ${job.id}.`);
  }
  return job;
}

async function printStatus(job: JobHandle, flags: StatusFlags): Promise<void> {
  const progress = await job.progress();
  const ended = hasEnded(progress.state);
  const retrying = ended ? [] : await job.retrying();
  const onComplete = await job.onComplete();
  if (flags.json) return printJson({ ...progress, retrying, onComplete });
  const summary = ended ? await job.summary() : undefined;
  await print(progressText(progress, Date.now(), { summary, retrying, onComplete }));
  for (const stuck of progress.stuck ?? []) say(`Warning: ${stuckMessage(job.id, stuck)}`);
  if (progress.state === 'held') say(heldText(job.id, undefined, flags));
}
