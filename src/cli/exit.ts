import { InputSourceError, JobCanceledError, JobFailedError, OptionError } from '../client/errors';
import { FAILURE } from '../job/failure';
import type { JobSummary } from '../job/job';
import { SpecError } from '../job-spec/validation-errors';
import { StoreLocationError } from '../store/store';

/** The exit codes of the command line. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  failedDocuments: 3,
  budget: 4,
  canceled: 5,
  held: 6,
  interrupted: 130,
} as const;

/** The command line is invalid, or a file that it names cannot be read. Nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends the command with an exit code. All messages were printed before. */
export class Exit extends Error {
  override readonly name = 'Exit';
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

/** Returns the exit code for an ended job. */
export function exitCodeOf({
  state,
  failed,
  overBudget,
}: Pick<JobSummary, 'state' | 'failed' | 'overBudget'>): number {
  if (state === 'canceled') return EXIT.canceled;
  if (state === 'failed') return EXIT.failed;
  if (overBudget) return EXIT.budget;
  return failed > 0 ? EXIT.failedDocuments : EXIT.done;
}

/** Returns the exit code for an error. */
export function exitCodeOfError(error: unknown): number {
  if (error instanceof Exit) return error.code;
  if (error instanceof JobCanceledError) return EXIT.canceled;
  if (error instanceof JobFailedError && error.type === FAILURE.overBudget) return EXIT.budget;
  const usage = [UsageError, SpecError, InputSourceError, OptionError, StoreLocationError];
  return usage.some((type) => error instanceof type) ? EXIT.usage : EXIT.failed;
}
