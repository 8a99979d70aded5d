import { Command } from 'commander';
import type { Reconciliation } from '../../client/temporal/reconcile';
import type { JobSummary } from '../../job/job';
import { withBatches } from '../connect';
import { EXIT, Exit } from '../exit';
import { type SharedOptions, shared } from '../options';
import { command } from '../output/command-hint';
import { jobReport, reportText, sayFailures } from '../output/job-output';
import { messageOf } from '../output/message';
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
      'bring home what jobs had bought whose workflow was terminated, or is on a server that is gone',
    )
    .option('--job <job>', 'only this job (default: all that left something open)')
    .option('--cancel', 'cancel its batches instead of waiting for their end; needs --job')
    .option('--json', 'print one JSON array');
  return shared(made).action(async (flags: ReconcileFlags) => {
    await withBatches(flags, async (batches) => {
      const started = await batches.reconcile({ job: flags.job, cancel: flags.cancel });
      if (started.length === 0)
        say('There is nothing to reconcile: every job of the store runs or has ended.');
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
    for (const { job, was = 'not known to Temporal any more' } of started) {
      say(
        `Reconciling ${job.id} (instance ${job.instance}, ${was}); ${command('results', job.id, flags)} shows what is there.`,
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
          say('The work goes on. Give the same command again to wait for its end.');
          throw new Exit(EXIT.interrupted);
        }
        say(`Error: ${messageOf(error)}`);
        failed = true;
      }
    }
    return { summaries, failed };
  });
}
