import { JobCanceledError, JobFailedError } from '../client/errors';
import type { JobHandle } from '../client/handle';
import { EXIT, Exit, exitCodeOf, exitCodeOfError } from './exit';
import { follow } from './follow';
import type { SharedOptions } from './options';
import { command } from './output/command-hint';
import { emptyReport, type JobReport, jobReport, reportText, sayFailures } from './output/job-output';
import { sayError } from './output/message';
import { counted, print, printJson, say } from './output/print';

interface OutputOptions extends SharedOptions {
  json?: boolean;
}

/** Waits for a job, prints its report and sets the exit code. */
export async function waitAndReport(job: JobHandle, options: OutputOptions): Promise<void> {
  const report = (value: JobReport) => (options.json ? printJson(value) : print(reportText(value)));
  try {
    const summary = await follow(job, comeBack(job.id, options), options);
    sayFailures(summary);
    await report(jobReport(summary, options.store));
    if (summary.failed > 0) {
      say(
        `${counted(summary.failed, 'document')} failed: ` +
          `${command('results', job.id, options, '--failed')} shows why.`,
      );
    }
    process.exitCode = exitCodeOf(summary);
  } catch (error) {
    if (!(error instanceof JobFailedError || error instanceof JobCanceledError)) throw error;
    sayError(error);
    if (error.summary) sayFailures(error.summary);
    const state = error instanceof JobCanceledError ? 'canceled' : 'failed';
    await report(error.summary ? jobReport(error.summary, options.store) : emptyReport(job.id, state));
    throw new Exit(exitCodeOfError(error));
  }
}

/** Reports that a job was started, without waiting for it. */
export async function reportStarted(job: JobHandle, options: OutputOptions): Promise<void> {
  if (options.json) await printJson({ job: job.id, state: 'running' });
  else await print(`${job.id}\n`);
  say(`The job ${job.id} has started. ${comeBack(job.id, options)}`);
  process.exitCode = EXIT.done;
}

const comeBack = (id: string, options: SharedOptions) =>
  `Follow it with ${command('status', id, options, '--watch')}, and get the results with ` +
  `${command('results', id, options)}.`;
