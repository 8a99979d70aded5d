import { Command } from 'commander';
import type { Reconciliation } from '../../client/temporal/reconcile';
import type { JobSummary } from '../../job/job';
import { withBatches } from '../connect';
import { EXIT, Exit } from '../exit';
import { type SharedOptions, shared } from '../options';
import { command } from '../output/command-hint';
import { jobReport, reportText, sayFailures } from '../output/job-output';
import { sayError } from '../output/message';
import { print, printJson, say } from '../output/print';
import { interruptible } from '../signals';

interface ReconcileFlags extends SharedOptions {
  job?: string;
  cancel?: boolean;
  json?: boolean;
}

export function reconcile(): Command {
  const made = new Command('reconcile')
    .description(
      'collect the paid results of jobs whose workflow was terminated, or whose Temporal server is gone',
    )
    .option('--job <job>', 'only this job (default: all jobs that left work open)')
    .option('--cancel', 'cancel its batches instead of waiting until they end; requires --job')
    .option('--json', 'print one JSON array');
  return shared(made).action(async (flags: ReconcileFlags) => {
    await withBatches(flags, async (batches) => {
      const started = await batches.reconcile({ job: flags.job, cancel: flags.cancel });
      if (started.length === 0)
        say('There is nothing to reconcile: every job of the store is running or has ended.');
      const { summaries, failed } = await waitForAll(started, flags);
      const reports = summaries.map((summary) => jobReport(summary, flags.store));
      if (flags.json) await printJson(reports);
      else await print(reports.map(reportText).join('\n'));
      if (failed) throw new Exit(EXIT.failed);
    });
  });
}

function waitForAll(
  started: Reconciliation[],
  flags: ReconcileFlags,
): Promise<{ summaries: JobSummary[]; failed: boolean }> {
  return interruptible(async (interrupted) => {
    for (const { job, was = 'no longer in Temporal' } of started) {
      say(
        `Reconciling ${job.id} (instance ${job.instance}, ${was}). ` +
          `${command('results', job.id, flags)} prints the results so far.`,
      );
    }
    const summaries: JobSummary[] = [];
    let failed = false;
    for (const reconciliation of started) {
      try {
        const summary = await reconciliation.result({ signal: interrupted });
        if (summary.failure) say(`${reconciliation.job.id}: ${summary.failure}`);
        sayFailures(summary);
        summaries.push(summary);
      } catch (error) {
        if (interrupted.aborted) {
          say('The reconciliation continues. Run the same command again to wait until it ends.');
          throw new Exit(EXIT.interrupted);
        }
        sayError(error);
        failed = true;
      }
    }
    return { summaries, failed };
  });
}
